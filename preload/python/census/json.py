# The report as JSON text.

quoted = {}


def quote(s):
    s = s[:256]
    known = quoted.get(s)
    if known is None:
        known = quoted[s] = quote_anew(s)
    return known


def quote_anew(s):
    out = []
    for c in s:
        o = ord(c)
        if c == '"' or c == '\\':
            out.append('\\' + c)
        elif o < 32 or 0x7f <= o < 0xa0 or 0xd800 <= o < 0xe000:
            out.append('\\u%04x' % o)
        else:
            out.append(c)
    return '"' + ''.join(out) + '"'


def write(value, out):
    kind = type(value)
    if value is None:
        out.append('null')
    elif kind is bool:
        out.append('true' if value else 'false')
    elif kind is int:
        out.append('%d' % value)
    elif kind is str:
        out.append(quote(value))
    elif kind is dict:
        out.append('{')
        for i, key in enumerate(value):
            out.append((',' if i else '') + quote(key) + ':')
            write(value[key], out)
        out.append('}')
    else:
        out.append('[')
        for i, item in enumerate(value):
            if i:
                out.append(',')
            write(item, out)
        out.append(']')


def emit_report():
    """The least populous classes are left out when the text would be too long."""
    out = []
    while True:
        report['cut'] = sorted(cut)
        del out[:]
        write(report, out)
        if sum(map(len, out)) <= MAX_TEXT or not report['classes']:
            break
        cut.add('classes')
        del report['classes'][len(report['classes']) // 2:]
    emit(''.join(out))
