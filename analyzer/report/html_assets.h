/* The page's own files (report/html/), as they are built into the program. */
#ifndef PT_REPORT_HTML_ASSETS_H
#define PT_REPORT_HTML_ASSETS_H

extern const char html_body[], html_style[], html_script[]; /* each ended by a terminator */
extern const char html_style_hash[], html_script_hash[];    /* "sha256-..." */

#endif
