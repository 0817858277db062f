"""A factory makes the costly parts, then the object that only keeps them.

expect: finding kind=pool class=Renderer evidence.set_up_in=build_renderer
expect: only
"""

import configparser
import string

INI = "\n".join("[sec%d]\n" % i + "\n".join("key%d = value %d/%d" % (k, i, k) for k in range(12)) for i in range(12))


class Renderer:
    def __init__(self, settings, templates):
        self.settings = settings
        self.templates = templates

    def render(self, name, number):
        return self.templates[name].substitute(n=number, v=self.settings[name]["key1"])


def build_renderer():
    parser = configparser.ConfigParser()
    parser.read_string(INI)
    settings = {name: dict(parser.items(name)) for name in parser.sections()}
    templates = {name: string.Template("$n is " + "-".join(settings[name].values()) + " $v") for name in settings}
    return Renderer(settings, templates)


print(sum(len(build_renderer().render("sec%d" % (number % 12), number)) for number in range(100)))
