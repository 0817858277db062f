# %%pooltrace in a notebook that nbclient executes, and in IPython on a terminal.
bats_require_minimum_version 1.5.0
load ../helpers/common
load packages

setup_file() {
	need_wheel
	make_venv "$WHEEL" ipython ipykernel nbclient nbformat
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	cat > cell.py <<-'PY'
		class Row:
		    def __init__(self, i):
		        self.a, self.b, self.c = i, str(i), None
		rows = [Row(i) for i in range(n)]
		print("made", len(rows))
	PY
}

@test "notebook: a cell is recorded in its own interpreter; output, text and page are in the notebook" {
	cat > run.py <<-'PY'
		import base64, re, nbformat, nbclient
		cell = nbformat.v4.new_code_cell
		nb = nbformat.v4.new_notebook(cells=[
		    cell("%load_ext pooltrace\nn = 20000"), cell("%%pooltrace -v n\n" + open("cell.py").read()),
		    cell("assert 'rows' not in globals()"), cell("%%pooltrace --text\n1 / 0")])
		nbclient.NotebookClient(nb, timeout=200).execute()
		printed = "".join(o.text for o in nb.cells[1].outputs if o.output_type == "stream")
		assert printed == "made 20000\n", printed
		data = [o.data for o in nb.cells[1].outputs if o.output_type == "display_data"][0]
		assert "Row" in data["text/plain"] and "slots" in data["text/plain"], data["text/plain"]
		page = base64.b64decode(re.search(r"base64,([^\"]*)", data["text/html"])[1]).decode()
		assert "<body>" in page and "pooltrace" in page
		failed = "".join(o.text for o in nb.cells[3].outputs)
		assert 'cell.py", line 1' in failed and "ZeroDivisionError" in failed and "exit code 1" in failed, failed
	PY
	"$VENV/bin/python" run.py
}

@test "notebook: on a terminal the report is text; a variable that is not there is refused" {
	cat > run.py <<-'PY'
		from IPython.testing.globalipapp import start_ipython
		shell = start_ipython()
		shell.run_line_magic("load_ext", "pooltrace")
		shell.user_ns["n"] = 20000
		shell.run_cell_magic("pooltrace", "-v n", open("cell.py").read())
		try:
		    shell.run_cell_magic("pooltrace", "-v nothing", "pass")
		except NameError as problem:
		    print("refused:", problem)
	PY
	"$VENV/bin/pip" -q install testpath
	run -0 "$VENV/bin/python" run.py
	assert_match "$output" '^made 20000'
	assert_match "$output" '^FINDINGS'
	assert_match "$output" "refused: no variable 'nothing'"
}
