package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.TcpTunnel;
import io.github.wsbridge.client.TunnelTargets;
import io.github.wsbridge.proxy.ProxyEntrance;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** OpenSSH's client, scp and server, across three nodes. */
@Tag("system")
@Timeout(value = 6, unit = TimeUnit.MINUTES)
final class SshSystemTest {

    private static final String DEVICE = "sshd behind NAT";
    private static final long BIG = 200L << 20;

    @TempDir
    private Path folder;

    private Programs programs;
    private Cluster cluster;
    private BridgeDevice device;
    private BridgeClient client;
    private TcpTunnel tunnel;

    @BeforeEach
    void start() throws Exception {
        programs = new Programs(folder);
        int port = startSshd();
        cluster = Cluster.start(3);
        device = BridgeDevice.builder(DEVICE, cluster.url(), TunnelTargets.parse(List.of("ssh=127.0.0.1:" + port)))
                .build()
                .start();
        device.listening().toCompletableFuture().get(30, TimeUnit.SECONDS);
        client = BridgeClient.builder(cluster.url()).build();
        tunnel = TcpTunnel.builder(client, DEVICE, "ssh").start();
    }

    @AfterEach
    void stop() throws Exception {
        if (tunnel != null) {
            tunnel.close();
            client.close();
        }
        if (device != null) {
            device.close();
        }
        if (cluster != null) {
            cluster.close();
        }
        programs.close();
    }

    @Test
    void ssh_throughTunnel_carriesStreamsAndExitCode() throws Exception {
        Path input = Payloads.file(folder.resolve("input"), 3_000_000, 1);
        List<String> command = ssh("cat; echo to stderr >&2; exit 7");
        Programs.Running session = programs.start(command, ProcessBuilder.Redirect.from(input.toFile()));

        assertThat(session.exitCode()).as("%s", session.complaints()).isEqualTo(7);
        assertThat(session.complaints()).isEqualTo("to stderr\n");
        assertThat(Payloads.sha256(session.out())).isEqualTo(Payloads.sha256(input));
        assertThat(cluster.crossings.forwarded()).isPositive();
    }

    @Test
    void ssh_throughProxyCommand_carriesStreamsAndExitCode() throws Exception {
        Launcher launcher = Launcher.install(Files.createDirectories(folder.resolve("installed")));
        String proxy = launcher.command("tunnel").get(0) + " tunnel --stdio --target ssh --server " + cluster.url()
                + " --device '" + DEVICE + "'";
        Path input = Payloads.file(folder.resolve("input"), 3_000_000, 2);
        List<String> command = new ArrayList<>(List.of(Programs.find("ssh", "openssh-client")));
        command.addAll(options());
        command.addAll(List.of("-o", "ProxyCommand=" + proxy, "anywhere", "cat; exit 7"));
        Programs.Running session = programs.start(command, ProcessBuilder.Redirect.from(input.toFile()));

        assertThat(session.exitCode()).as("%s", session.complaints()).isEqualTo(7);
        assertThat(Payloads.sha256(session.out())).isEqualTo(Payloads.sha256(input));
        assertThat(cluster.crossings.forwarded()).isPositive();
    }

    @Test
    void ssh_throughSocks_carriesStreamsAndExitCode() throws Exception {
        Path input = Payloads.file(folder.resolve("input"), 3_000_000, 4);
        try (TcpTunnel proxy = TcpTunnel.builder(
                        ProxyEntrance.builder(client).device(DEVICE).build())
                .start()) {
            List<String> command = new ArrayList<>(List.of(Programs.find("ssh", "openssh-client")));
            command.addAll(options());
            String nc = Programs.find("nc", "netcat-openbsd") + " -X 5 -x 127.0.0.1:"
                    + proxy.address().getPort() + " %h %p";
            command.addAll(List.of("-o", "ProxyCommand=" + nc, "ssh", "cat; exit 7"));
            Programs.Running session = programs.start(command, ProcessBuilder.Redirect.from(input.toFile()));

            assertThat(session.exitCode()).as("%s", session.complaints()).isEqualTo(7);
            assertThat(Payloads.sha256(session.out())).isEqualTo(Payloads.sha256(input));
        }
    }

    @Test
    void ssh_interactive_answersEachLineAtOnce() throws Exception {
        Programs.Running session = programs.start(ssh("cat"), ProcessBuilder.Redirect.PIPE);
        for (int i = 0; i < 50; i++) {
            session.process().getOutputStream().write(("line " + i + "\n").getBytes(StandardCharsets.UTF_8));
            session.process().getOutputStream().flush();
            session.awaitLine("line " + i);
        }
        session.process().getOutputStream().close();
        session.succeeded();
    }

    @Test
    void ssh_manySessionsAtOnce_eachGetsItsOwnBytes() throws Exception {
        List<Programs.Running> sessions = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Path input = Payloads.file(folder.resolve("input " + i), 1_000_000, i);
            sessions.add(programs.start(ssh("sha256sum"), ProcessBuilder.Redirect.from(input.toFile())));
        }
        for (int i = 0; i < sessions.size(); i++) {
            assertThat(sessions.get(i).succeeded()).startsWith(Payloads.sha256(folder.resolve("input " + i)));
        }
    }

    @Test
    void scp_200MegabytesBothWays_arriveUnchanged() throws Exception {
        Path original = Payloads.file(folder.resolve("original"), BIG, 3);
        Path there = folder.resolve("there");
        Path back = folder.resolve("back");
        programs.run(scp(original.toString(), "anywhere:" + there));
        String expected = Payloads.sha256(original);
        assertThat(Payloads.sha256(there)).isEqualTo(expected);
        Files.delete(original);

        programs.run(scp("anywhere:" + there, back.toString()));
        assertThat(Payloads.sha256(back)).isEqualTo(expected);
        assertThat(cluster.crossings.forwarded()).isPositive();
    }

    private List<String> ssh(String remoteCommand) {
        List<String> command = new ArrayList<>(List.of(Programs.find("ssh", "openssh-client")));
        command.addAll(options());
        Collections.addAll(command, "-p", port(), "127.0.0.1", remoteCommand);
        return command;
    }

    private List<String> scp(String from, String to) {
        List<String> command = new ArrayList<>(List.of(Programs.find("scp", "openssh-client")));
        command.addAll(options());
        Collections.addAll(command, "-q", "-P", port(), "-o", "HostName=127.0.0.1", from, to);
        return command;
    }

    private String port() {
        return Integer.toString(tunnel.address().getPort());
    }

    /** Options that exclude the user's own configuration, keys and known hosts. */
    private List<String> options() {
        return List.of(
                "-F",
                "none",
                "-i",
                folder.resolve("user_key").toString(),
                "-o",
                "IdentitiesOnly=yes",
                "-o",
                "IdentityAgent=none",
                "-o",
                "BatchMode=yes",
                "-o",
                "StrictHostKeyChecking=yes",
                "-o",
                "HostKeyAlias=the-device",
                "-o",
                "GlobalKnownHostsFile=none",
                "-o",
                "UserKnownHostsFile=" + folder.resolve("known_hosts"),
                "-o",
                "LogLevel=ERROR");
    }

    /** Starts a server with its own keys and configuration, as the current user; returns its port. */
    private int startSshd() throws Exception {
        String sshd = Programs.find("sshd", "openssh-server");
        String keygen = Programs.find("ssh-keygen", "openssh-client");
        for (String key : List.of("host_key", "user_key")) {
            Path file = folder.resolve(key);
            programs.run(List.of(keygen, "-q", "-t", "ed25519", "-N", "", "-C", key, "-f", file.toString()));
        }
        Files.copy(folder.resolve("user_key.pub"), folder.resolve("authorized_keys"));
        Files.writeString(
                folder.resolve("known_hosts"), "the-device " + Files.readString(folder.resolve("host_key.pub")));
        if (System.getProperty("user.name").equals("root")) {
            Files.createDirectories(Path.of("/run/sshd")); // sshd requires it for privilege separation
        }
        for (int attempt = 1; ; attempt++) {
            int port = freePort();
            Path config = Files.write(folder.resolve("sshd_config"), configuration(port));
            Programs.Running server = programs.start(List.of(sshd, "-D", "-e", "-f", config.toString()));
            Awaitility.await()
                    .atMost(Programs.DEADLINE)
                    .until(() -> !server.process().isAlive() || speaksSsh(port));
            if (server.process().isAlive()) {
                return port;
            }
            // Another process may have taken the port meanwhile.
            assertThat(attempt).as("%s", server).isLessThan(5);
        }
    }

    private List<String> configuration(int port) {
        return List.of(
                "ListenAddress 127.0.0.1",
                "Port " + port,
                "HostKey " + folder.resolve("host_key"),
                "AuthorizedKeysFile " + folder.resolve("authorized_keys"),
                "PidFile none",
                "UsePAM no",
                "PasswordAuthentication no",
                "KbdInteractiveAuthentication no",
                "PermitRootLogin prohibit-password",
                "StrictModes no",
                "MaxStartups 100",
                "PrintMotd no",
                "Subsystem sftp internal-sftp");
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static boolean speaksSsh(int port) {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout(1_000);
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            String banner = in.readLine();
            return banner != null && banner.startsWith("SSH-2.0-");
        } catch (IOException e) {
            return false;
        }
    }
}
