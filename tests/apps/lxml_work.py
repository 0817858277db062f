"""
Documents built, parsed, searched by XPath, turned by XSLT, and fed event by event, with lxml.

    lxml_work.py [DOCUMENTS]

Needs: lxml
"""

import io
import sys

from lxml import etree

SHEET = etree.XSLT(
    etree.XML(
        """<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:template match="/list"><out><xsl:apply-templates select="item[@n mod 3 = 0]"/></out></xsl:template>
<xsl:template match="item"><p><xsl:value-of select="name"/></p></xsl:template>
</xsl:stylesheet>"""
    )
)


def document(number):
    top = etree.Element("list", number=str(number))
    for n in range(60):
        item = etree.SubElement(top, "item", n=str(n))
        etree.SubElement(item, "name").text = f"name {n * number % 97}"
        item.append(etree.Comment("checked"))
    return etree.tostring(top)


def main():
    found = turned = events = bad = 0
    for number in range(int(sys.argv[1]) if len(sys.argv) > 1 else 60):
        text = document(number)
        tree = etree.fromstring(text)
        found += len(tree.xpath("//item[name='name 0' or @n > $limit]", limit=50))
        turned += len(str(SHEET(tree)))
        for _event, element in etree.iterparse(io.BytesIO(text), tag="item"):
            events += 1
            element.clear()
        try:
            etree.fromstring(text[:-5])
        except etree.XMLSyntaxError as error:
            bad += error.lineno
    print(found, turned, events, bad)


if __name__ == "__main__":
    main()
