package io.github.wsbridge.it;

import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A device and a tunnel whose machine sleeps for longer than the node waits for them, as a closed notebook does for the
 * night. The node's patience is short here, so that the sleep can be.
 */
@Tag("system")
@Timeout(120)
final class SleepingMachineSystemTest {

    private static final Duration BACK = Duration.ofSeconds(5);

    @TempDir
    private Path folder;

    @Test
    void deviceAndTunnel_areBackRightAfterTheSleep() throws Exception {
        HttpServer web = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        web.createContext("/", exchange -> {
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        web.start();
        try (Programs programs = new Programs(folder)) {
            Programs.Running node =
                    programs.start(command("node", "--insecure", "--listen", "127.0.0.1:0", "--keepalive", "500ms"));
            String server =
                    "ws://" + node.awaitLine("node ready: ").replaceAll("node ready: listens on (\\S+), .*", "$1");
            Programs.Running device = programs.start(command(
                    "device",
                    "--server",
                    server,
                    "--id",
                    "d",
                    "--target",
                    "web=127.0.0.1:" + web.getAddress().getPort()));
            device.awaitLine("device ready: ");
            Programs.Running tunnel = programs.start(command("tunnel", "--server", server, "--forward", "0=d/web"));
            String local = "http://" + tunnel.awaitLine("tunnel ready: ").replaceAll("tunnel ready: (\\S+) .*", "$1");
            await().atMost(Programs.DEADLINE).until(() -> works(local));
            Programs.Running awake = programs.start(command("tunnel", "--server", server, "--forward", "0=d/web"));
            String other = "http://" + awake.awaitLine("tunnel ready: ").replaceAll("tunnel ready: (\\S+) .*", "$1");

            signal(programs, "-STOP", device, tunnel);
            await("the node gives up the device").atMost(Duration.ofSeconds(30)).until(() -> {
                works(other);
                return awake.complaints().contains("the device is not listening");
            });
            signal(programs, "-CONT", device, tunnel);
            long woken = System.nanoTime();
            await().atMost(BACK).pollInterval(Duration.ofMillis(50)).until(() -> works(local));
            System.out.println("a device and a tunnel are back "
                    + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - woken) + " ms after a sleep");
        } finally {
            web.stop(0);
        }
    }

    private static void signal(Programs programs, String signal, Programs.Running... to) throws Exception {
        for (Programs.Running each : to) {
            programs.start(List.of(
                            "/bin/kill", signal, Long.toString(each.process().pid())))
                    .succeeded();
        }
    }

    private static boolean works(String url) {
        try {
            HttpURLConnection asking =
                    (HttpURLConnection) URI.create(url).toURL().openConnection();
            asking.setConnectTimeout(1_000);
            asking.setReadTimeout(3_000);
            asking.setRequestProperty("Connection", "close");
            return asking.getResponseCode() == 204;
        } catch (IOException e) {
            return false; // not yet
        }
    }

    private static List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                System.getProperty("java.home") + "/bin/java",
                "-cp",
                System.getProperty("java.class.path"),
                "io.github.wsbridge.launcher.Main"));
        command.addAll(List.of(arguments));
        return command;
    }
}
