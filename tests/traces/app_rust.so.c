/*
 * Functions with names of Rust, for traces that are written by hand; see app.so.c.  Built without debug
 * information: the language is then known by the name alone.
 */
void rust_main(void) __asm__("_ZN3app4main17h0123456789abcdefE");
void rust_make_node(void) __asm__("_ZN3app4tree9make_node17h0123456789abcdefE");
void rust_drop_node(void) __asm__("_ZN3app4tree9drop_node17h0123456789abcdefE");

void rust_main(void)
{
}

void rust_make_node(void)
{
}

void rust_drop_node(void)
{
}
