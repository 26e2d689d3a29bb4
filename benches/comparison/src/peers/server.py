import sys
import threading
from socket import *

congestion = sys.argv[1]


def serve_udp():
    server = socket(AF_INET, SOCK_DGRAM)
    server.bind(("", 12000))
    while True:
        message, client = server.recvfrom(2048)
        server.sendto(message.decode().upper().encode(), client)


threading.Thread(target=serve_udp, daemon=True).start()
listener = socket(AF_INET, SOCK_STREAM)
listener.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
if congestion:
    listener.setsockopt(IPPROTO_TCP, TCP_CONGESTION, congestion.encode())
listener.bind(("", 12000))
listener.listen(1)
print("ready", flush=True)
while True:
    connection, address = listener.accept()
    try:
        while sentence := connection.recv(65536):
            connection.sendall(sentence.decode().upper().encode())
    except OSError:
        pass
    connection.close()
