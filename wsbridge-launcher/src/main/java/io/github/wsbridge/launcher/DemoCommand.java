package io.github.wsbridge.launcher;

import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.TcpTunnel;
import io.github.wsbridge.netty.NettyConnector;
import io.github.wsbridge.session.BridgeSessions;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.website.Website;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The {@code demo} command: demonstrates a cluster on this machine. */
@Command(
        name = "demo",
        description = {
            "Demonstrates a complete cluster on this machine.",
            "",
            "Starts three nodes behind a round-robin load balancer, a simulated device, a tunnel to it, and a website"
                    + " that shows its page."
                    + " Opens the device's page through the bridge, transfers data in both directions and"
                    + " compares SHA-256 at both ends. Then keeps running until Ctrl-C. Everything listens on"
                    + " the loopback interface only, open to everyone on this machine.",
            ""
        },
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {"  wsbridge demo", "  wsbridge demo --once --size 64MiB"},
        exitCodeListHeading = Main.EXIT_CODES,
        exitCodeList = {"0:every check passed", "1:a check failed, or the demo was stopped early", Main.EXIT_2})
@SuppressWarnings("NullAway.Init")
final class DemoCommand implements Callable<Integer> {

    private static final int NODES = 3;

    @Option(
            names = "--size",
            paramLabel = "SIZE",
            defaultValue = "1GiB",
            description = "How much data to transfer in each direction (default ${DEFAULT-VALUE})")
    Quantities.Bytes size;

    @Option(names = "--once", fallbackValue = "true", description = "Exit after the checks")
    boolean once;

    @Mixin
    LogOptions logOptions;

    private final CommandContext here;

    DemoCommand(CommandContext here) {
        this.here = here;
    }

    /** A check. */
    private interface Step {
        void run() throws IOException, InterruptedException, TimeoutException;
    }

    @Override
    public Integer call() throws Exception {
        Thread self = Thread.currentThread();
        here.stop().thenRun(self::interrupt); // ends every wait below
        Screen screen = new Screen(here);
        Routes routes = new Routes();
        screen.title("WebSocket Bridge");
        try (DemoCluster cluster = DemoCluster.start(NODES, routes);
                DemoDevice device = DemoDevice.start(cluster.url(), size.count());
                BridgeClient client = BridgeClient.builder(cluster.url()).build();
                Connector connector = NettyConnector.create();
                BridgeClient visitors =
                        BridgeClient.builder(cluster.url()).connector(connector).build();
                Website website = website(visitors, cluster);
                TcpTunnel tunnel =
                        TcpTunnel.builder(client, DemoDevice.ID, "web").start()) {
            screen.fact(
                    "website",
                    website.url() + ", with the page of " + DemoDevice.ID + " at "
                            + website.url(DemoDevice.ID).orElseThrow());
            String url = "http://127.0.0.1:" + tunnel.address().getPort() + "/";
            cluster.addresses().forEach((name, address) -> screen.fact(name, address.toString()));
            screen.fact("front", cluster.url() + ", assigns each new connection to the next node");
            screen.fact("device", DemoDevice.ID + ", listening, with targets http, web, sink and source");
            screen.fact("tunnel", url + " forwards to web on " + DemoDevice.ID);
            screen.line("");
            Demo demo = new Demo(screen, routes, client, size.count());
            check("the page", () -> demo.page(tunnel));
            check("sending data", demo::up);
            check("receiving data", demo::down);
            screen.title("All checks passed.");
            if (!once) {
                screen.line("Open " + website.url() + " in a browser. Press Ctrl-C to stop.");
                stay();
            }
            return 0;
        } catch (InterruptedException e) {
            Thread.interrupted(); // closing waits, so the flag must be clear
            throw new IOException("stopped before the checks were done");
        }
    }

    private static Website website(BridgeClient client, DemoCluster cluster) throws IOException {
        Website.Builder website = Website.builder(BridgeSessions.over(client)).devices(cluster::devices);
        try {
            return website.start();
        } catch (BindException e) { // the usual port is taken, maybe by another demo
            return website.address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .start();
        }
    }

    private void check(String what, Step step) throws IOException, InterruptedException {
        try {
            step.run();
        } catch (IOException | TimeoutException | RuntimeException e) {
            if (here.stop().isDone()) {
                throw new InterruptedException();
            }
            throw new IOException(String.format(Locale.ROOT, "%s failed: %s", what, Failures.describe(e)), e);
        }
    }

    private void stay() {
        try {
            here.awaitStop();
        } catch (InterruptedException e) {
            // stopped
        }
        Thread.interrupted();
    }
}
