package io.github.wsbridge.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Starts our own chains: tunnel, node and device, or a node with an exposed port and a device. */
final class OwnChain {

    static final String NODE = "node";
    static final String DEVICE = "device";
    static final String TUNNEL = "tunnel";

    private static final String ID = "far-device";

    /** More than the closed loop needs, even while closed connections still end. */
    private static final String MOST_BRIDGES = "1000";

    private final Rig rig;
    private final Family family;
    private final Node.Settings settings;
    private final List<String> tunnelOptions;
    private final @Nullable DelayProxy way; // to the node
    private final Map<String, Double> startSeconds = new LinkedHashMap<>();

    private OwnChain(Rig rig, Family family, Node.Settings settings, List<String> tunnelOptions) {
        this(rig, family, settings, tunnelOptions, null);
    }

    private OwnChain(
            Rig rig, Family family, Node.Settings settings, List<String> tunnelOptions, @Nullable DelayProxy way) {
        this.way = way;
        this.rig = rig;
        this.family = family;
        this.settings = settings;
        this.tunnelOptions = tunnelOptions;
    }

    /** Starts the processes one after another, and waits until each is ready. They resume no TLS sessions. */
    static Chain start(Rig rig, Family family) throws IOException, InterruptedException {
        return start(rig, family, List.of());
    }

    /** The same, but all connections share a bridge. */
    static Chain startWithASession(Rig rig, Family family) throws IOException, InterruptedException {
        return start(rig, family, List.of("--session", "on"));
    }

    private static Chain start(Rig rig, Family family, List<String> tunnelOptions)
            throws IOException, InterruptedException {
        Node.Settings settings = rig.settings();
        return new OwnChain(rig, family, family.tls() ? settings.withoutSessions() : settings, tunnelOptions).start();
    }

    /** They resume TLS sessions if they can, as they do by default, and each connection has a bridge of its own. */
    static Chain startResuming(Rig rig, Family family) throws IOException, InterruptedException {
        return new OwnChain(rig, family, rig.settings(), List.of("--session", "off")).start();
    }

    /** Starts them with a way to the node, for tunnel and device, that takes its time; null for none. */
    static Chain start(Rig rig, List<String> tunnelOptions, @Nullable DelayProxy way)
            throws IOException, InterruptedException {
        return new OwnChain(rig, Family.TUNNEL, rig.settings(), tunnelOptions, way).start();
    }

    private Chain start() throws IOException, InterruptedException {
        String[] nodeOptions = family.exposes()
                ? new String[] {"--expose", "127.0.0.1:0=" + ID + "/far"}
                : way == null ? new String[0] : new String[] {"--public-url", url(way)};
        long begin = System.nanoTime();
        Node node = rig.startNode(settings, family.tls() ? rig.tls() : null, 0, nodeOptions);
        if (way != null) {
            way.leadTo(node.port());
        }
        ready(NODE, begin);
        List<Child> processes = new ArrayList<>(List.of(node.child()));
        begin = System.nanoTime();
        Child device = client(
                node,
                DEVICE,
                "--id",
                ID,
                "--target",
                "far=127.0.0.1:" + rig.devices().port("far"),
                "--max-bridges",
                MOST_BRIDGES);
        device.awaitLine(ReadyLine.DEVICE);
        ready(DEVICE, begin);
        processes.add(device);
        if (family.exposes()) {
            int exposed = ReadyLine.port(node.child().awaitLine(ReadyLine.EXPOSED));
            return new Chain(Subject.OURS, processes, exposed, startSeconds);
        }
        begin = System.nanoTime();
        List<String> options = new ArrayList<>(List.of("--device", ID, "--target", "far", "--listen", "127.0.0.1:0"));
        options.addAll(tunnelOptions);
        Child tunnel = client(node, TUNNEL, options.toArray(String[]::new));
        int listening = ReadyLine.port(tunnel.awaitLine(ReadyLine.TUNNEL));
        ready(TUNNEL, begin);
        processes.add(0, tunnel);
        return new Chain(Subject.OURS, processes, listening, startSeconds);
    }

    private static String url(DelayProxy way) {
        return "ws://127.0.0.1:" + way.port();
    }

    private Child client(Node node, String command, String... options) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of(command, "--server", way == null ? node.url() : url(way)));
        if (family.tls()) {
            arguments.addAll(List.of("--tls-ca", rig.tls().certificate().toString()));
        }
        arguments.addAll(List.of(options));
        return rig.processes().start(command, settings.command(arguments));
    }

    private void ready(String process, long begin) {
        startSeconds.put(process, (System.nanoTime() - begin) / (double) TimeUnit.SECONDS.toNanos(1));
    }
}
