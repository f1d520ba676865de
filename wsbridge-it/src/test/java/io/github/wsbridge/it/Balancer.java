package io.github.wsbridge.it;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A load balancer with its configuration in {@code deploy/}, in front of nodes on this machine. */
final class Balancer {

    /** How many nodes the configurations name. */
    private static final int NAMED = 3;

    private final Path socket;

    private Balancer(Path socket) {
        this.socket = socket;
    }

    /** Starts HAProxy on a port of the loopback address. */
    static Balancer haproxy(Programs programs, Path folder, int front, List<InetSocketAddress> nodes)
            throws IOException {
        Path socket = folder.resolve("haproxy.sock");
        Path more = Files.writeString(
                folder.resolve("more.cfg"), "global\n    stats socket " + socket + " mode 600 level admin\n");
        StringBuilder text =
                new StringBuilder(adapted(Deploy.read("haproxy.cfg"), "bind :8000", "bind 127.0.0.1:" + front, nodes));
        for (int i = NAMED; i < nodes.size(); i++) { // the list is at the end
            text.append("    server node-")
                    .append(i + 1)
                    .append(" 127.0.0.1:")
                    .append(nodes.get(i).getPort())
                    .append('\n');
        }
        Path config = Files.writeString(folder.resolve("haproxy.cfg"), text);
        return started(
                programs.start(List.of(
                        Programs.find("haproxy", "haproxy"), "-db", "-f", more.toString(), "-f", config.toString())),
                front,
                socket);
    }

    /** Starts nginx, for three nodes. */
    static Balancer nginx(Programs programs, Path folder, int front, List<InetSocketAddress> nodes) throws IOException {
        Path config = Files.writeString(
                folder.resolve("nginx.conf"),
                adapted(Deploy.read("nginx.conf"), "listen 8000;", "listen 127.0.0.1:" + front + ";", nodes));
        return started(
                programs.start(List.of(
                        Programs.find("nginx", "nginx"),
                        "-c",
                        config.toString(),
                        "-e",
                        "stderr",
                        "-g",
                        "daemon off; pid " + folder.resolve("nginx.pid") + ";")),
                front,
                folder.resolve("nothing"));
    }

    private static String adapted(String config, String listens, String instead, List<InetSocketAddress> nodes) {
        String text = replaced(config, listens, instead);
        for (int i = 0; i < NAMED; i++) {
            text = replaced(
                    text,
                    "node-" + (i + 1) + ":8080",
                    "127.0.0.1:" + nodes.get(i).getPort());
        }
        return text;
    }

    private static String replaced(String text, String what, String by) {
        assertThat(text).contains(what);
        return text.replace(what, by);
    }

    private static Balancer started(Programs.Running program, int front, Path socket) {
        await().atMost(Duration.ofSeconds(30)).until(() -> {
            assertThat(program.process().isAlive()).as("%s", program).isTrue();
            try (SocketChannel probe = SocketChannel.open(new InetSocketAddress("127.0.0.1", front))) {
                return probe.isConnected();
            } catch (IOException e) {
                return false;
            }
        });
        return new Balancer(socket);
    }

    /** Returns how many nodes HAProxy considers up. */
    long up() throws IOException {
        try (SocketChannel admin = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            admin.connect(UnixDomainSocketAddress.of(socket));
            admin.write(ByteBuffer.wrap("show stat\n".getBytes(US_ASCII)));
            ByteBuffer answer = ByteBuffer.allocate(64 * 1024);
            while (admin.read(answer) >= 0) {
                // until HAProxy closes it
            }
            return new String(answer.array(), 0, answer.position(), US_ASCII)
                    .lines()
                    .filter(line -> line.startsWith("nodes,node-") && line.contains(",UP,"))
                    .count();
        }
    }
}
