"""A client for each request that loads the trust store into an SSL context of its own: one context would serve all.

needs: ssl
args: 40
expect: finding kind=pool class=Client title~ssl.SSLContext evidence.remedy=share-part evidence.built>=40
expect: only
"""

import ssl
import sys


class Client:
    def __init__(self, tenant):
        self.tenant = tenant
        self.context = ssl.create_default_context()

    def verifies(self):
        return self.context.check_hostname


print(sum(Client(i).verifies() for i in range(int(sys.argv[1]))))
