package io.github.wsbridge.launcher;

import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.TcpTunnel;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows on this machine that it works. */
@Command(
        name = "demo",
        description = {
            "Shows on this machine that it works.",
            "",
            "Starts three nodes behind a round-robin front, a simulated device and a tunnel to it; opens the device's page"
                    + " through the bridge, moves data both ways and compares SHA-256 at both ends. Then it stays up until"
                    + " Ctrl-C. Everything listens on the loopback interface only, open to everybody on this machine.",
            ""
        },
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {"  wsbridge demo", "  wsbridge demo --once --size 64MiB"},
        exitCodeListHeading = Main.EXIT_CODES,
        exitCodeList = {"0:every check passed", "1:a check failed, or it was stopped before", Main.EXIT_2})
@SuppressWarnings("NullAway.Init")
final class DemoCommand implements Callable<Integer> {

    private static final int NODES = 3;

    @Option(
            names = "--size",
            paramLabel = "SIZE",
            defaultValue = "1GiB",
            description = "How much to move each way (default ${DEFAULT-VALUE})")
    Quantities.Bytes size;

    @Option(names = "--once", fallbackValue = "true", description = "End after the checks")
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
        here.stop().thenRun(self::interrupt); // every wait below ends with that
        Screen screen = new Screen(here);
        Routes routes = new Routes();
        screen.title("WebSocket Bridge");
        try (DemoCluster cluster = DemoCluster.start(NODES, routes);
                DemoDevice device = DemoDevice.start(cluster.url(), size.count());
                BridgeClient client = BridgeClient.builder(cluster.url()).build();
                TcpTunnel tunnel =
                        TcpTunnel.builder(client, DemoDevice.ID, "web").start()) {
            String url = "http://127.0.0.1:" + tunnel.address().getPort() + "/";
            cluster.addresses().forEach((name, address) -> screen.fact(name, address.toString()));
            screen.fact("front", cluster.url() + ", gives each new connection to the next node");
            screen.fact("device", DemoDevice.ID + ", listens; its targets are web, sink and source");
            screen.fact("tunnel", url + " leads to web of " + DemoDevice.ID);
            screen.line("");
            Demo demo = new Demo(screen, routes, client, size.count());
            check("the page", () -> demo.page(tunnel));
            check("moving data up", demo::up);
            check("moving data down", demo::down);
            screen.title("All checks passed.");
            if (!once) {
                screen.line("Open " + url + " in a browser. Ctrl-C ends it.");
                stay();
            }
            return 0;
        } catch (InterruptedException e) {
            Thread.interrupted(); // closing waits, too
            throw new IOException("stopped before the checks were done");
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
            // that is the word
        }
        Thread.interrupted();
    }
}
