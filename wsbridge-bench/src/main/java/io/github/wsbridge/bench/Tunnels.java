package io.github.wsbridge.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Three ways from a local port to the same remote port, each with several processes. */
final class Tunnels {

    private static final long KEYGEN_SECONDS = 30;

    private final Processes processes;
    private final int far;

    /** Creates tunnels to the port {@code far}. */
    Tunnels(Processes processes, int far) {
        this.processes = processes;
        this.far = far;
    }

    /** Starts a tunnel and a device, each in its own process, that use a node. */
    Subject ours(Node node) throws IOException, InterruptedException {
        String server = "ws://" + node.authority();
        Child device = processes.start(
                "device",
                node.launcher("device", "--server", server, "--id", "tunnelled", "--target", "far=127.0.0.1:" + far));
        device.awaitLine("device ready");
        Child tunnel = processes.start(
                "tunnel",
                node.launcher(
                        "tunnel",
                        "--server",
                        server,
                        "--device",
                        "tunnelled",
                        "--target",
                        "far",
                        "--listen",
                        "127.0.0.1:0"));
        String ready = tunnel.awaitLine("tunnel ready: ");
        int port = Integer.parseInt(ready.replaceAll(".*tunnel ready: [^ ]*:(\\d+) .*", "$1"));
        return tcp(Subject.OURS, List.of(tunnel, node.child(), device), port);
    }

    /** Starts OpenSSH, with its own server and keys. */
    Subject ssh() throws IOException, InterruptedException {
        Path folder = processes.folder();
        String keygen = Processes.find("ssh-keygen", "openssh-client");
        for (String key : List.of("host_key", "user_key")) {
            Child made = processes.start(
                    "ssh-keygen",
                    List.of(
                            keygen,
                            "-q",
                            "-t",
                            "ed25519",
                            "-N",
                            "",
                            "-C",
                            key,
                            "-f",
                            folder.resolve(key).toString()));
            if (!made.process().waitFor(KEYGEN_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException("ssh-keygen timed out");
            }
        }
        if (System.getProperty("user.name").equals("root")) {
            Files.createDirectories(Path.of("/run/sshd")); // sshd requires it for privilege separation
        }
        int sshPort = Peers.freePort();
        Path config = Files.write(
                folder.resolve("sshd_config"),
                List.of(
                        "ListenAddress 127.0.0.1",
                        "Port " + sshPort,
                        "HostKey " + folder.resolve("host_key"),
                        "AuthorizedKeysFile " + folder.resolve("user_key.pub"),
                        "PidFile none",
                        "UsePAM no",
                        "PasswordAuthentication no",
                        "KbdInteractiveAuthentication no",
                        "PermitRootLogin prohibit-password",
                        "StrictModes no"));
        Child server = processes.start(
                "sshd", List.of(Processes.find("sshd", "openssh-server"), "-D", "-e", "-f", config.toString()));
        server.awaitPort(sshPort);
        int port = Peers.freePort();
        List<String> command = new ArrayList<>(
                List.of(Processes.find("ssh", "openssh-client"), "-F", "none", "-N", "-p", "" + sshPort));
        for (String option : List.of(
                "IdentityFile=" + folder.resolve("user_key"),
                "IdentitiesOnly=yes",
                "IdentityAgent=none",
                "BatchMode=yes",
                "StrictHostKeyChecking=no",
                "UserKnownHostsFile=" + folder.resolve("known_hosts"),
                "GlobalKnownHostsFile=none",
                "ExitOnForwardFailure=yes",
                "LogLevel=ERROR")) {
            command.addAll(List.of("-o", option));
        }
        command.addAll(List.of("-L", "127.0.0.1:" + port + ":127.0.0.1:" + far, "127.0.0.1"));
        Child client = processes.start("ssh", command);
        client.awaitPort(port);
        return tcp(TunnelBench.SSH, List.of(client, server), port);
    }

    /** Starts a chain with as many hops as a tunnel, which do nothing else. */
    Subject socat() throws IOException, InterruptedException {
        String socat = Processes.find("socat", "socat");
        List<Child> chain = new ArrayList<>();
        int next = far;
        for (int i = 0; i < 3; i++) {
            int port = Peers.freePort();
            Child link = processes.start(
                    "socat",
                    List.of(
                            socat,
                            "-b65536",
                            "TCP-LISTEN:" + port + ",bind=127.0.0.1,reuseaddr,fork,nodelay",
                            "TCP:127.0.0.1:" + next + ",nodelay"));
            link.awaitPort(port);
            chain.add(link);
            next = port;
        }
        return tcp(TunnelBench.SOCAT, chain, next);
    }

    private static Subject tcp(String name, List<Child> servers, int port) {
        return new Subject(name, servers, what -> "tcp://127.0.0.1:" + port);
    }
}
