# `pooltrace push`: what a receiver on this machine gets, and what is said when there is none.
bats_require_minimum_version 1.5.0
load helpers/common

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	need curl
	"$BUILD/tests/helpers/mktrace" "$ROOT/tests/traces/python.txt" a.trace
}

# A receiver for N requests: refuses the first REFUSED with 503, answers /refuse with 403, and keeps bodies and heads in files.
receive() {
	"$PYTHON" - "$1" "${2:-0}" 3>&- <<-'X' &
		import http.server, sys
		left, refused = int(sys.argv[1]), int(sys.argv[2])
		class Handler(http.server.BaseHTTPRequestHandler):
		    def do_POST(self):
		        global refused, left
		        left -= 1
		        body = self.rfile.read(int(self.headers["Content-Length"]))
		        code = 403 if self.path == "/refuse" else 503 if refused > 0 else 200
		        refused -= 1
		        if code == 200:
		            open("body", "wb").write(body)
		            open("head", "w").write(self.path + "\n" + str(self.headers))
		        self.send_response(code)
		        self.send_header("Content-Length", "0")
		        self.end_headers()
		    def log_message(self, *args): pass
		server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
		server.timeout = 30
		open("port.new", "w").write(str(server.server_port))
		import os; os.rename("port.new", "port")
		while left > 0: server.handle_request()
	X
	RECEIVER=$!
	local i
	for i in $(seq 100); do [ -e port ] && break; sleep 0.05; done
	URL=http://127.0.0.1:$(cat port)
}

@test "push: the receiver gets what export writes, with headers, and the URL's words are replaced" {
	receive 2
	run -0 "$POOLTRACE" push -H 'X-Scope: me' "$URL/ingest?name={name}&from={start}&until={end}&format=pprof" a.trace
	"$POOLTRACE" export --to pprof -o want a.trace
	cmp body want
	grep -qi '^X-Scope: me' head
	grep -qE '^/ingest\?name=[^{&]+&from=[0-9]+&until=[0-9]+&format=pprof$' head
	run -0 "$POOLTRACE" push --to otlp "$URL/v1development/profiles" a.trace
	"$POOLTRACE" export --to otlp -o want a.trace
	cmp body want
	grep -qi '^Content-Type: application/x-protobuf' head
	wait "$RECEIVER"
}

@test "push: a busy receiver is tried again, a refusal and a missing receiver are said" {
	receive 3 1
	run -0 "$POOLTRACE" push "$URL/" a.trace
	run -1 "$POOLTRACE" push "$URL/refuse" a.trace
	[[ $output == *"was not sent to '$URL/refuse': curl ended with 22, the receiver refused it"* ]]
	wait "$RECEIVER"
	run -1 "$POOLTRACE" push --retries 0 "$URL/" a.trace
	[[ $output == *"curl ended with 7"* ]]
	run -2 "$POOLTRACE" push file:///etc/passwd a.trace
	run -2 "$POOLTRACE" push "$URL"
	PATH=/nowhere run -1 "$POOLTRACE" push "$URL/" a.trace
	[[ $output == *"push needs the program curl"* ]]
}
