"""From pages to raw events: windows, paging, de-duplication, delivery.

What leaves here (door B) is the vendor's text untouched, with a time, a source, a sourcetype and a key for
de-duplication.
"""
