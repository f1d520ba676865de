package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.TcpTunnel;
import io.github.wsbridge.client.TunnelTargets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.scp.client.ScpClientCreator;
import org.apache.sshd.scp.server.ScpCommandFactory;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.command.Command;
import org.apache.sshd.server.keyprovider.SimpleGeneratorHostKeyProvider;
import org.apache.sshd.server.shell.ProcessShellCommandFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests typical uses of a tunnel across three nodes: SSH, downloads, protocols that half-close. */
@Timeout(600)
class TunnelTest {

    private static final String LOOPBACK = "127.0.0.1";
    /** More than all buffers in between hold. */
    private static final long SOME = 32L << 20;

    private static final long BIG = 200L << 20;

    @TempDir
    private Path folder;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private Cluster cluster;

    @BeforeEach
    void start() throws Exception {
        cluster = Cluster.start(3);
        opened.add(cluster);
        opened.add(threads::shutdownNow);
    }

    @AfterEach
    void stop() throws Exception {
        for (int i = opened.size() - 1; i >= 0; i--) {
            opened.get(i).close();
        }
    }

    @Test
    void ssh_sessionAndScpBothWays() throws Exception {
        sshAndScp(SOME);
    }

    @Test
    @Tag("system")
    void ssh_sessionAndScpOf200MegabytesBothWays() throws Exception {
        sshAndScp(BIG);
    }

    private void sshAndScp(long size) throws Exception {
        SshServer server = SshServer.setUpDefaultServer();
        server.setHost(LOOPBACK);
        server.setKeyPairProvider(new SimpleGeneratorHostKeyProvider(folder.resolve("host-key")));
        server.setPasswordAuthenticator((user, password, session) -> password.equals("secret"));
        server.setCommandFactory(new ScpCommandFactory.Builder()
                .withDelegate((channel, line) -> line.startsWith("echo ")
                        ? ProcessShellCommandFactory.INSTANCE.createCommand(channel, line)
                        : refuse(line))
                .build());
        server.start();
        opened.add(server);
        SshClient client = SshClient.setUpDefaultClient();
        client.setServerKeyVerifier((session, address, key) -> true);
        client.start();
        opened.add(client);
        int port = tunnel(server.getPort());

        try (ClientSession session = client.connect("someone", LOOPBACK, port)
                .verify(30, TimeUnit.SECONDS)
                .getSession()) {
            session.addPasswordIdentity("secret");
            session.auth().verify(30, TimeUnit.SECONDS);
            assertThat(session.executeRemoteCommand("echo through the bridge").strip())
                    .isEqualTo("through the bridge");
            Path original = Payloads.file(folder.resolve("original"), size, 7);
            Path there = folder.resolve("there");
            Path back = folder.resolve("back");
            var scp = ScpClientCreator.instance().createScpClient(session);
            scp.upload(original, there.toString());
            assertThat(Payloads.sha256(there)).isEqualTo(Payloads.sha256(original));
            scp.download(there.toString(), back);
            assertThat(Payloads.sha256(back)).isEqualTo(Payloads.sha256(original));
        }
    }

    private static Command refuse(String line) {
        throw new IllegalArgumentException("not here: " + line);
    }

    @Test
    void downloads_50AtOnce_arriveUnchanged() throws Exception {
        byte[] file = Payloads.bytes(3_000_000, 11);
        HttpServer web = HttpServer.create(new InetSocketAddress(LOOPBACK, 0), 100);
        web.createContext("/", exchange -> {
            exchange.getResponseHeaders().set("Connection", "close"); // so that each request has its own connection
            exchange.sendResponseHeaders(200, file.length);
            exchange.getResponseBody().write(file);
            exchange.close();
        });
        web.setExecutor(threads);
        web.start();
        opened.add(() -> web.stop(0));
        URI url = URI.create("http://127.0.0.1:" + tunnel(web.getAddress().getPort()) + "/");

        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        List<CompletableFuture<HttpResponse<byte[]>>> downloads = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            downloads.add(
                    client.sendAsync(HttpRequest.newBuilder(url).build(), HttpResponse.BodyHandlers.ofByteArray()));
        }
        for (CompletableFuture<HttpResponse<byte[]>> download : downloads) {
            assertThat(download.get(120, TimeUnit.SECONDS).body()).isEqualTo(file);
        }
        assertThat(cluster.crossings.forwarded()).isPositive();
        // The JDK's client may repeat requests that it considers failed.
        assertThat(cluster.crossings.forwarded() + cluster.crossings.direct()).isBetween(50, 55);
    }

    @Test
    void requestThatEndsWithAFin_isAnsweredAfterIt_100Times() throws Exception {
        ServerSocket server = new ServerSocket(0, 50, InetAddress.getByName(LOOPBACK));
        opened.add(server);
        threads.execute(() -> answerAfterTheEnd(server));
        int port = tunnel(server.getLocalPort());
        for (int i = 0; i < 100; i++) {
            try (Socket socket = new Socket(LOOPBACK, port)) {
                socket.setSoTimeout(30_000);
                byte[] question = Payloads.bytes(i * 997, i);
                socket.getOutputStream().write(question);
                socket.shutdownOutput();
                String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertThat(answer).isEqualTo(Payloads.sha256(question));
            }
        }
    }

    private void answerAfterTheEnd(ServerSocket server) {
        try {
            while (true) {
                try (Socket socket = server.accept()) {
                    byte[] question = socket.getInputStream().readAllBytes();
                    socket.getOutputStream().write(Payloads.sha256(question).getBytes(StandardCharsets.UTF_8));
                }
            }
        } catch (IOException e) {
            // closed
        }
    }

    /** Starts a device whose target is a port, and a tunnel to it; returns the tunnel's port. */
    private int tunnel(int target) throws Exception {
        BridgeDevice device = device(TunnelTargets.builder().target("target=" + LOOPBACK + ":" + target))
                .build()
                .start();
        opened.add(device);
        device.listening().toCompletableFuture().get(30, TimeUnit.SECONDS);
        return entrance();
    }

    /** The port that leads to the device's target. */
    int entrance() throws Exception {
        BridgeClient client = client().build();
        opened.add(client);
        TcpTunnel tunnel = tunnel(client).start();
        opened.add(tunnel);
        return tunnel.address().getPort();
    }

    Cluster cluster() {
        return cluster;
    }

    BridgeDevice.Builder device(TunnelTargets.Builder targets) {
        return BridgeDevice.builder("device", cluster.url(), targets.build());
    }

    BridgeClient.Builder client() {
        return BridgeClient.builder(cluster.url());
    }

    TcpTunnel.Builder tunnel(BridgeClient client) {
        return TcpTunnel.builder(client, "device", "target");
    }
}
