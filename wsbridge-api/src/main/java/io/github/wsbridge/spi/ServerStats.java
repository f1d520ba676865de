package io.github.wsbridge.spi;

import java.time.Duration;

/**
 * A snapshot of a server's counters.
 *
 * @param connections the open connections, including those whose handshake is not over
 * @param handshakes the connections whose handshake is not over
 * @param dropped how many connections have been dropped since the server was bound because there were too many, or too
 *     many in their handshake
 * @param tlsHandshakes how many TLS handshakes have succeeded since the server was bound
 * @param tlsFailures how many TLS handshakes have failed, without those of clients that only closed the connection, as
 *     probes for an open port do
 * @param directBytes the memory outside the heap that is held for buffers by all servers and connectors of this kind in
 *     the process
 * @param lag how long a task has waited for its turn on the busiest of the server's threads: measured when the
 *     statistics were last taken, or since then, if the thread has not answered yet
 */
public record ServerStats(
        int connections,
        int handshakes,
        long dropped,
        long tlsHandshakes,
        long tlsFailures,
        long directBytes,
        Duration lag) {}
