package io.github.wsbridge.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A bridge node in a separate process, started like {@code wsbridge node}, with devices listening on it. */
final class Node {

    /** The number of devices that share the invitations. */
    static final int DEVICES = 16;

    private static final long KEYS_SECONDS = 300;

    private final Processes processes;
    private final Settings settings;
    private final Child child;
    private final boolean tls;
    private final int port;

    private Node(Processes processes, Settings settings, Child child, boolean tls, int port) {
        this.processes = processes;
        this.settings = settings;
        this.child = child;
        this.tls = tls;
        this.port = port;
    }

    /** Settings for starting nodes, devices and tunnels. */
    record Settings(Launcher launcher, String transport, Path keys) {

        Settings withoutSessions() {
            return new Settings(launcher.withoutSessions(), transport, keys);
        }

        /** Returns a command line. */
        List<String> command(List<String> arguments) {
            List<String> all = new ArrayList<>(arguments);
            if (!transport.isEmpty()) {
                all.addAll(List.of("--transport", transport));
            }
            return launcher.command(all);
        }
    }

    /** Creates the keys that all nodes of a run share. If the script has to build first, it does so here. */
    static Path createKeys(Processes processes, Launcher launcher) throws IOException, InterruptedException {
        Path file = processes.folder().resolve("bridge.keys");
        Child keys = processes.start("keys", launcher.command(List.of("keys", "create", file.toString())));
        if (!keys.process().waitFor(KEYS_SECONDS, TimeUnit.SECONDS)
                || keys.process().exitValue() != 0) {
            throw new IOException("no keys: " + keys.printed());
        }
        return file;
    }

    /**
     * Starts a node, and waits until it is ready.
     *
     * @param keys for TLS; null for none
     */
    static Node start(Processes processes, Settings settings, @Nullable TlsFiles keys, String... options)
            throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of("node", "--insecure", "--listen", "127.0.0.1:0"));
        arguments.addAll(List.of("--keys", settings.keys().toString()));
        arguments.addAll(List.of(
                "--max-bridges",
                "12000",
                "--max-pending",
                "1000",
                "--max-rate",
                "1000000",
                "--max-address-rate",
                "1000000",
                "--principal-share",
                "100"));
        if (keys != null) {
            arguments.addAll(List.of("--tls-cert", keys.certificate().toString()));
            arguments.addAll(List.of("--tls-key", keys.key().toString()));
        }
        arguments.addAll(List.of(options));
        Child child = processes.start("node", settings.command(arguments));
        int port = ReadyLine.port(child.awaitLine(ReadyLine.NODE));
        return new Node(processes, settings, child, keys != null, port);
    }

    /** Makes some of the generator's devices listen on this node. */
    void listen(Generator devices, int count) throws IOException, InterruptedException {
        for (int i = 0; i < count; i++) {
            devices.ask("listen target=" + url() + "/bridge/listen?deviceId=device-" + i);
        }
    }

    Child child() {
        return child;
    }

    int port() {
        return port;
    }

    String authority() {
        return "127.0.0.1:" + port;
    }

    /** Returns the base URL of its endpoints. */
    String url() {
        return (tls ? "wss://" : "ws://") + authority();
    }

    /** Returns a requester's URL up to the device number. */
    String connect(String requestData) {
        return url() + "/bridge/connect?requestData="
                + requestData.replace("@", "%40").replace(":", "%3A") + "&deviceId=device-";
    }

    /** Returns a subject whose bridges have both ends on this node. */
    Subject subject() {
        return new Subject(Subject.OURS, List.of(child), what -> connect(what) + 0);
    }

    /** Returns a subject whose bridges have their device on another node; the CPU time of that node counts. */
    Subject forwardedBy(Node other) {
        return new Subject(Subject.OURS, List.of(other.child), what -> connect(what + "@" + other.authority()) + 0);
    }

    JvmHeap heap() {
        return new JvmHeap(processes, child);
    }

    void stop() throws InterruptedException {
        processes.end(child);
    }
}
