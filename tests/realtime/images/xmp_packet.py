"""XMP data as cameras write them."""

from __future__ import annotations

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
TITLE = "{http://purl.org/dc/elements/1.1/}title"


def packet(title: str = "Nacht", more: str = ">") -> bytes:
    """Make XMP data with a title and spare room."""
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF[1:-1]}">
  <rdf:Description rdf:about="" xmlns:dc="{TITLE[1:-6]}" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
    tiff:Orientation="1" tiff:Make="Camera" {more}
    <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title} &amp; Straße</rdf:li></rdf:Alt></dc:title>
  </rdf:Description>
</rdf:RDF></x:xmpmeta>
{" " * 200}
<?xpacket end="w"?>""".encode()


PACKET = packet()
