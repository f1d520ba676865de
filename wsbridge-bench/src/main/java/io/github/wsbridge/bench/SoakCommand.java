package io.github.wsbridge.bench;

import io.netty.buffer.ByteBufUtil;
import io.netty.util.ResourceLeakDetector;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The {@code bench soak} command: random traffic through a cluster whose nodes come and go, checked byte by byte. */
@Command(
        name = "soak",
        description = {
            "Sends random streams through a cluster of three nodes, of which two are killed or stopped, and started"
                    + " again, all the time. Checks each byte, and in the end whether memory, descriptors or threads"
                    + " have leaked.",
            ""
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class SoakCommand implements Callable<Integer> {

    private static final int NODES = 3;
    private static final int MOST_PRINTED = 50;
    private static final Duration CALM = Duration.ofSeconds(90);
    private static final Duration LOOK = Duration.ofMillis(200);
    private static final int AGAIN_MILLIS = 2_000;

    /** How long a node's end may explain failures, and then a while in which nothing may fail. */
    private static final int LEAST_BETWEEN_ENDS_MILLIS = 18_000;

    private static final int MOST_BETWEEN_ENDS_MILLIS = 40_000;

    /** How much more than at the beginning a process may hold in the end. */
    private static final SoakNode.Holdings MORE = new SoakNode.Holdings(20, 4, 8_000_000, 32_000_000);

    private static final Logger CLIENTS = Logger.getLogger("io.github.wsbridge.client");

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description = "How long to send, not counting the first tenth (default 600)")
    int seconds = 600;

    @Option(names = "--seed", paramLabel = "N", description = "Which streams to open, and which nodes to end when")
    long seed = System.nanoTime();

    @Override
    public Integer call() throws Exception {
        System.out.println("seed " + seed);
        CLIENTS.setLevel(Level.SEVERE); // they tell of each node that goes and comes back
        Queue<String> wrong = new ConcurrentLinkedQueue<>();
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
        ByteBufUtil.setLeakListener((type, records) -> wrong.add(type + " has leaked: " + records));
        Path folder = Files.createTempDirectory("wsbridge-soak");
        try (Processes processes = new Processes(folder)) {
            List<Integer> ports = freePorts(2 * NODES);
            List<URI> urls = ports.subList(0, NODES).stream()
                    .map(port -> URI.create("ws://127.0.0.1:" + port))
                    .toList();
            List<SoakNode> nodes = nodes(processes, urls, ports.subList(NODES, 2 * NODES));
            for (SoakNode node : nodes) {
                node.start();
            }
            try (Soak soak = new Soak(urls, seed)) {
                try {
                    measure(nodes, soak, wrong);
                } catch (IOException e) {
                    wrong.add(e.getMessage());
                }
                System.out.println(soak);
                wrong.addAll(soak.violations());
            }
            for (SoakNode node : nodes) {
                node.checkAlive();
                wrong.addAll(node.complaints());
            }
        }
        wrong.stream().limit(MOST_PRINTED).forEach(System.out::println);
        return wrong.isEmpty() ? 0 : 1;
    }

    private void measure(List<SoakNode> nodes, Soak soak, Queue<String> wrong)
            throws IOException, InterruptedException {
        soak.run(Duration.ofMillis(100L * seconds));
        awaitIdle(nodes, soak);
        SoakNode.Holdings before = nodes.get(0).holdings();
        AtomicBoolean over = new AtomicBoolean();
        Thread ends = new Thread(() -> endAndStart(nodes, soak, over, wrong), "ends");
        ends.start();
        try {
            soak.run(Duration.ofSeconds(seconds));
        } finally {
            over.set(true);
            ends.join();
        }
        soak.awaitCalm();
        awaitIdle(nodes, soak);
        SoakNode.Holdings after = settled(nodes.get(0), before);
        System.out.println("the first node before: " + before);
        System.out.println("the first node after:  " + after);
        if (more(before, after)) {
            wrong.add("the first node holds more than before");
        }
    }

    /** Waits while the node holds more: pools keep threads that have nothing to do for a minute. */
    private static SoakNode.Holdings settled(SoakNode node, SoakNode.Holdings before)
            throws IOException, InterruptedException {
        long end = System.nanoTime() + CALM.toNanos();
        SoakNode.Holdings now = node.holdings();
        while (more(before, now) && System.nanoTime() < end) {
            Thread.sleep(AGAIN_MILLIS);
            now = node.holdings();
        }
        return now;
    }

    private static List<Integer> freePorts(int count) throws IOException {
        List<ServerSocket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            return sockets.stream().map(ServerSocket::getLocalPort).toList();
        } finally {
            for (ServerSocket socket : sockets) {
                socket.close();
            }
        }
    }

    /** Returns nodes whose devices accept at the next node, which forwards them. */
    private static List<SoakNode> nodes(Processes processes, List<URI> urls, List<Integer> managementPorts)
            throws IOException, InterruptedException {
        Launcher launcher = Launcher.ofEnvironment(System.getenv())
                .withJavaOptions("-Dio.netty.leakDetection.level=paranoid -Xmx512m");
        Path keys = Node.createKeys(processes, launcher);
        HttpClient http = HttpClient.newHttpClient();
        List<SoakNode> nodes = new ArrayList<>();
        for (int i = 0; i < NODES; i++) {
            List<String> command = launcher.command(List.of(
                    "node",
                    "--insecure",
                    "--listen",
                    urls.get(i).getAuthority(),
                    "--public-url",
                    urls.get((i + 1) % NODES).toString(),
                    "--peers",
                    urls.stream().map(URI::toString).collect(Collectors.joining(",")),
                    "--keys",
                    keys.toString(),
                    "--management-listen",
                    "127.0.0.1:" + managementPorts.get(i),
                    "--audit",
                    "off",
                    "--grace",
                    "2s",
                    "--max-rate",
                    "100000",
                    "--max-address-rate",
                    "100000",
                    "--max-pending",
                    "1000",
                    "--principal-share",
                    "100"));
            nodes.add(new SoakNode(processes, "node-" + i, command, managementPorts.get(i), http));
        }
        return nodes;
    }

    /** Ends nodes, but the first, and starts them again, one after the other. */
    private void endAndStart(List<SoakNode> nodes, Soak soak, AtomicBoolean over, Queue<String> wrong) {
        Random random = new Random(seed);
        try {
            while (!over.get()) {
                SoakNode node = nodes.get(1 + random.nextInt(nodes.size() - 1));
                soak.nodeGoes();
                node.end(random.nextBoolean());
                node.start();
                soak.nodeIsBack();
                for (int i = random.nextInt(LEAST_BETWEEN_ENDS_MILLIS, MOST_BETWEEN_ENDS_MILLIS);
                        i > 0 && !over.get();
                        i -= 100) {
                    Thread.sleep(100);
                }
            }
        } catch (IOException | InterruptedException e) {
            wrong.add("a node cannot be started again: " + e);
        }
    }

    private static void awaitIdle(List<SoakNode> nodes, Soak soak) throws IOException, InterruptedException {
        Waiting.until(CALM, LOOK, () -> "bridges have leaked, or devices are gone", () -> {
            long bridges = 0;
            long listeners = 0;
            for (SoakNode node : nodes) {
                bridges += node.bridges();
                listeners += node.listeners();
            }
            return bridges == 0 && listeners == soak.devices();
        });
    }

    private static boolean more(SoakNode.Holdings before, SoakNode.Holdings now) {
        return now.descriptors() > before.descriptors() + MORE.descriptors()
                || now.threads() > before.threads() + MORE.threads()
                || now.heapBytes() > before.heapBytes() + MORE.heapBytes()
                || now.directBytes() > before.directBytes() + MORE.directBytes();
    }
}
