/* See html_assets.h; the Makefile joins the scripts and hashes what the page may run. */
#include "report/html_assets.h"

#define ASSET(name, file)                                \
	__asm__(".section .rodata\n"                     \
	        ".global " #name "\n" #name ":\n"        \
	        ".incbin \"" HTML_ASSETS "/" file "\"\n" \
	        ".byte 0\n"                              \
	        ".previous\n")

ASSET(html_body, "body.html");
ASSET(html_style, "page.css");
ASSET(html_script, "page.js");
ASSET(html_style_hash, "page.css.sha256");
ASSET(html_script_hash, "page.js.sha256");
