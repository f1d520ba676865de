package io.github.wsbridge.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A bridge node in a separate process, started like {@code wsbridge node}, with devices listening on it. */
final class Node {

    /** The number of devices that share the invitations. */
    static final int DEVICES = 16;

    private static final String LAUNCHER = "io.github.wsbridge.launcher.Main";
    private static final long GC_SECONDS = 60;

    /** Matches one line per generation, or one for all of them. */
    private static final Pattern HEAP_SPACE = Pattern.compile("(?:generation|heap) +total \\d+K, used (\\d+)K");

    private static final long KEYS_SECONDS = 30;

    private final Processes processes;
    private final Settings settings;
    private final Child child;
    private final int port;

    private Node(Processes processes, Settings settings, Child child, int port) {
        this.processes = processes;
        this.settings = settings;
        this.child = child;
        this.port = port;
    }

    /** Settings for starting nodes. */
    record Settings(String javaOptions, String transport, Path keys) {

        /** Returns the command line for {@code wsbridge}. */
        List<String> launcher(String... arguments) {
            List<String> all = new ArrayList<>(List.of(arguments));
            if (!transport.isEmpty()) {
                all.addAll(List.of("--transport", transport));
            }
            return Jvm.command(LAUNCHER, javaOptions, all.toArray(String[]::new));
        }
    }

    /** Creates the keys that all nodes of a run share. */
    static Path createKeys(Processes processes) throws IOException, InterruptedException {
        Path file = processes.folder().resolve("bridge.keys");
        Child keys = processes.start("keys", Jvm.command(LAUNCHER, "", "keys", "create", file.toString()));
        if (!keys.process().waitFor(KEYS_SECONDS, TimeUnit.SECONDS)
                || keys.process().exitValue() != 0) {
            throw new IOException("no keys: " + keys.printed());
        }
        return file;
    }

    /** Starts a node, waits until it is ready, and makes the devices listen on it. */
    static Node start(Processes processes, Generator devices, Settings settings)
            throws IOException, InterruptedException {
        Child child = processes.start(
                "node",
                settings.launcher(
                        "node",
                        "--insecure",
                        "--listen",
                        "127.0.0.1:0",
                        "--keys",
                        settings.keys().toString(),
                        "--max-bridges",
                        "12000",
                        "--max-pending",
                        "1000",
                        "--max-rate",
                        "1000000"));
        String ready = child.awaitLine("node ready: ");
        int port = Integer.parseInt(ready.replaceAll(".*listens on [^ ]*:(\\d+).*", "$1"));
        Node node = new Node(processes, settings, child, port);
        for (int i = 0; i < DEVICES; i++) {
            devices.ask("listen target=ws://" + node.authority() + "/bridge/listen?deviceId=device-" + i);
        }
        return node;
    }

    /** Returns the settings for devices and tunnels that use this node. */
    List<String> launcher(String... arguments) {
        return settings.launcher(arguments);
    }

    Child child() {
        return child;
    }

    String authority() {
        return "127.0.0.1:" + port;
    }

    /** Returns a requester's URL up to the device number. */
    String connect(String requestData) {
        return "ws://" + authority() + "/bridge/connect?requestData="
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

    /** Makes the JVM collect garbage twice, because the first collection may only find what the second can free. */
    void collectGarbage() throws IOException, InterruptedException {
        for (int i = 0; i < 2; i++) {
            jcmd("GC.run");
        }
    }

    /** Returns the used heap in bytes; right after {@link #collectGarbage}, the live heap. */
    long heapBytes() throws IOException, InterruptedException {
        long used = 0;
        Matcher space = HEAP_SPACE.matcher(jcmd("GC.heap_info"));
        while (space.find()) {
            used += Long.parseLong(space.group(1)) * 1024;
        }
        return used;
    }

    private String jcmd(String command) throws IOException, InterruptedException {
        Child jcmd = processes.start("jcmd", Jvm.jcmd(child.pid(), command));
        if (!jcmd.process().waitFor(GC_SECONDS, TimeUnit.SECONDS)) {
            throw new IOException("jcmd " + command + " timed out");
        }
        processes.end(jcmd);
        return jcmd.printed();
    }

    void stop() throws InterruptedException {
        processes.end(child);
    }
}
