/*
 * The plugin of static_tls.c: thread-local memory of the initial-exec kind, which the loader has to
 * find room for in what it keeps in reserve; as much as it does without us, nearly.
 *
 * cflags: -D_GNU_SOURCE -DTLS_BYTES=1400
 */
__attribute__((tls_model("initial-exec"))) static __thread char room[TLS_BYTES];

int static_tls_use(int i);

int static_tls_use(int i)
{
	room[i % TLS_BYTES] = (char)i;
	__asm__ __volatile__("" : : : "memory");
	return room[i % TLS_BYTES];
}
