package io.github.wsbridge.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** {@code ssh -L}, with its own server and keys. */
final class SshChain {

    private static final long KEYGEN_SECONDS = 30;

    private final Processes processes;
    private final int far;

    SshChain(Rig rig) {
        processes = rig.processes();
        far = rig.devices().port("far");
    }

    Chain start() throws IOException, InterruptedException {
        createKeys();
        int sshPort = Peers.freePort();
        Child server = startServer(sshPort);
        int port = Peers.freePort();
        return Chain.ready(Peer.SSH.label(), List.of(startClient(sshPort, port), server), port);
    }

    private Path file(String name) {
        return processes.folder().resolve(name);
    }

    private void createKeys() throws IOException, InterruptedException {
        String keygen = Processes.find("ssh-keygen", "openssh-client");
        for (String key : List.of("host_key", "user_key")) {
            if (Files.exists(file(key))) {
                continue;
            }
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
                            file(key).toString()));
            if (!made.process().waitFor(KEYGEN_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException("ssh-keygen timed out");
            }
        }
    }

    private Child startServer(int port) throws IOException, InterruptedException {
        if (System.getProperty("user.name").equals("root")) {
            Files.createDirectories(Path.of("/run/sshd")); // sshd requires it for privilege separation
        }
        Path config = Files.write(
                file("sshd_config"),
                List.of(
                        "ListenAddress 127.0.0.1",
                        "Port " + port,
                        "HostKey " + file("host_key"),
                        "AuthorizedKeysFile " + file("user_key.pub"),
                        "PidFile none",
                        "UsePAM no",
                        "PasswordAuthentication no",
                        "KbdInteractiveAuthentication no",
                        "PermitRootLogin prohibit-password",
                        "StrictModes no"));
        Child server = processes.start(
                "sshd", List.of(Processes.find("sshd", "openssh-server"), "-D", "-e", "-f", config.toString()));
        server.awaitPort(port);
        return server;
    }

    private Child startClient(int serverPort, int port) throws IOException {
        List<String> command = new ArrayList<>(
                List.of(Processes.find("ssh", "openssh-client"), "-F", "none", "-N", "-p", "" + serverPort));
        for (String option : List.of(
                "IdentityFile=" + file("user_key"),
                "IdentitiesOnly=yes",
                "IdentityAgent=none",
                "BatchMode=yes",
                "StrictHostKeyChecking=no",
                "UserKnownHostsFile=" + file("known_hosts"),
                "GlobalKnownHostsFile=none",
                "ExitOnForwardFailure=yes",
                "LogLevel=ERROR")) {
            command.addAll(List.of("-o", option));
        }
        command.addAll(List.of("-L", "127.0.0.1:" + port + ":127.0.0.1:" + far, "127.0.0.1"));
        return processes.start("ssh", command);
    }
}
