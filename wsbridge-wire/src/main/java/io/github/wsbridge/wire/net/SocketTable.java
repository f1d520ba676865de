package io.github.wsbridge.wire.net;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * The TCP sockets of this host (or network namespace) with one port at either end, as Linux shows them. TCP does not
 * tell whether a peer that has sent a FIN has closed its socket or will still read. Of a peer on the same host, this
 * table does.
 */
public final class SocketTable {

    private static final List<Path> FILES = List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"));
    private static final String LISTENING = "0A";
    private static final int LOCAL = 1; // columns; see proc(5)
    private static final int REMOTE = 2;
    private static final int STATE = 3;
    private static final int INODE = 9;

    /** A socket of the table, and whether a program holds it: otherwise it has been closed. */
    private record Entry(InetSocketAddress local, InetSocketAddress remote, boolean listening, boolean held) {}

    private final int port;
    private final List<Entry> entries = new ArrayList<>();

    private SocketTable(int port) {
        this.port = port;
    }

    /** Returns whether this host has such a table. */
    public static boolean exists() {
        return Files.isReadable(FILES.get(0));
    }

    /**
     * Reads the sockets with a port; takes some milliseconds for each thousand sockets of the host.
     *
     * @throws IOException if there is no such table, or it is not understood
     */
    public static SocketTable of(int port) throws IOException {
        SocketTable table = new SocketTable(port);
        for (Path file : FILES) {
            if (Files.isReadable(file)) { // without IPv6 there is only one
                table.read(file);
            }
        }
        return table;
    }

    private void read(Path file) throws IOException {
        String suffix = String.format(Locale.ROOT, ":%04X", port);
        try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.US_ASCII)) {
            lines.readLine(); // the heading
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (!line.contains(suffix)) {
                    continue; // most lines; splitting them would take most of the time
                }
                String[] columns = line.strip().split(" +");
                if (columns[LOCAL].endsWith(suffix) || columns[REMOTE].endsWith(suffix)) {
                    entries.add(new Entry(
                            address(columns[LOCAL]),
                            address(columns[REMOTE]),
                            columns[STATE].equals(LISTENING),
                            !columns[INODE].equals("0")));
                }
            }
        } catch (RuntimeException e) { // such as too few columns
            throw new IOException("cannot read " + file, e);
        }
    }

    /** Parses an address: words of four bytes in the machine's order, and the port. */
    private static InetSocketAddress address(String text) throws IOException {
        int colon = text.indexOf(':');
        ByteBuffer words =
                ByteBuffer.wrap(HexFormat.of().parseHex(text, 0, colon)).order(ByteOrder.nativeOrder());
        ByteBuffer bytes = ByteBuffer.allocate(words.capacity());
        while (words.hasRemaining()) {
            bytes.putInt(words.getInt());
        }
        return new InetSocketAddress(
                InetAddress.getByAddress(bytes.array()), Integer.parseInt(text, colon + 1, text.length(), 16));
    }

    /** Returns whether somebody listens on the port: if not, the table does not show this program's sockets. */
    public boolean complete() {
        return entries.stream().anyMatch(entry -> entry.listening && entry.local.getPort() == port);
    }

    /** Returns whether the port's end of the connection from {@code client} exists: if not, it was reset or closed. */
    public boolean connected(InetSocketAddress client) {
        return entries.stream().anyMatch(entry -> entry.local.getPort() == port && entry.remote.equals(client));
    }

    /** Returns whether the client's end of the connection is on this host and held by a program. */
    public boolean held(InetSocketAddress client) {
        return entries.stream().anyMatch(entry -> entry.held && isEnd(entry, client));
    }

    /** Returns whether the client's end of the connection is on this host and has been closed by its program. */
    public boolean abandoned(InetSocketAddress client) {
        return entries.stream().anyMatch(entry -> !entry.held && isEnd(entry, client));
    }

    private boolean isEnd(Entry entry, InetSocketAddress client) {
        return entry.remote.getPort() == port && entry.local.equals(client);
    }
}
