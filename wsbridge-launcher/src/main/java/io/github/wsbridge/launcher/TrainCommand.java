package io.github.wsbridge.launcher;

import io.github.wsbridge.wire.concurrent.Daemons;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * The {@code train} command: runs a node, a device and a tunnel in this process, and some connections through them, so
 * that the JVM can archive what it loads for this (docs/recipes.md, "Which JVM options"). Everything listens on
 * loopback.
 */
@Command(
        name = "train",
        hidden = true,
        description = {
            "Runs a node, a device and a tunnel in one process, opens some connections through them, and exits: a"
                    + " training run for the JVM's class archive, which the wsbridge script makes with it.",
            ""
        },
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        exitCodeListHeading = Main.EXIT_CODES,
        exitCodeList = {Main.EXIT_0, Main.EXIT_1, Main.EXIT_2})
@SuppressWarnings("NullAway.Init")
final class TrainCommand implements Callable<Integer> {

    private static final int CONNECTIONS = 300;
    private static final int LARGE_EVERY = 50;
    private static final int LARGE = 2_000_000;
    private static final int SMALL = 64;
    private static final int DEADLINE_SECONDS = 30;
    private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(10); // a slow machine makes do with fewer
    private static final Pattern PORT = Pattern.compile("127\\.0\\.0\\.1:(\\d+)");

    @Mixin
    LogOptions logOptions;

    private final CommandContext here;

    TrainCommand(CommandContext here) {
        this.here = here;
    }

    @Override
    public Integer call() throws Exception {
        int connections = 0;
        try (ServerSocket echo = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Daemons.start("wsbridge-echo", () -> answer(echo));
            Started node = new Started(
                    "node",
                    "--insecure",
                    "--listen",
                    "127.0.0.1:0",
                    "--management-listen",
                    "127.0.0.1:0", // a node that starts meanwhile gets the usual port
                    "--audit",
                    "off");
            String server = "ws://127.0.0.1:" + node.port();
            String target = "echo=127.0.0.1:" + echo.getLocalPort();
            Started device = new Started("device", "--server", server, "--id", "d", "--target", target);
            device.port(); // listens
            Started tunnel = new Started(
                    "tunnel", "--server", server, "--device", "d", "--target", "echo", "--listen", "127.0.0.1:0");
            long begun = System.nanoTime();
            do {
                exchange(tunnel.port(), new byte[connections++ % LARGE_EVERY == 0 ? LARGE : SMALL]);
            } while (connections < CONNECTIONS
                    && System.nanoTime() - begun < MOST_NANOS
                    && !here.stop().isDone());
            tunnel.stop();
            device.stop();
            node.stop();
        }
        here.say("trained with " + connections + " connections");
        return 0;
    }

    private static void exchange(int port, byte[] data) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(DEADLINE_SECONDS * 1000);
            Daemons.start("wsbridge-send", () -> send(socket, data));
            long received = socket.getInputStream().transferTo(OutputStream.nullOutputStream());
            if (received != data.length) {
                throw new IOException("received " + received + " of " + data.length + " bytes");
            }
        }
    }

    private static void send(Socket socket, byte[] data) {
        try {
            socket.getOutputStream().write(data);
            socket.shutdownOutput();
        } catch (IOException e) {
            // the receiver reports what is missing
        }
    }

    private static void answer(ServerSocket port) {
        while (!port.isClosed()) {
            try {
                Socket socket = port.accept();
                Daemons.start("wsbridge-echo", () -> {
                    try (socket) {
                        socket.getInputStream().transferTo(socket.getOutputStream());
                    } catch (IOException e) {
                        // the sender reports what is missing
                    }
                });
            } catch (IOException e) {
                // closed
            }
        }
    }

    /** A command that runs in this process, as from the command line, but without the environment's settings. */
    private final class Started {
        private final CompletableFuture<String> ready = new CompletableFuture<>();
        private final CompletableFuture<Integer> code = new CompletableFuture<>();
        private final CommandContext inside;

        Started(String... args) {
            PrintStream out = new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8) {
                @Override
                public void println(String line) {
                    ready.complete(line);
                }
            };
            inside = new CommandContext(
                    InputStream.nullInputStream(),
                    out,
                    out,
                    here.err(),
                    Map.of(),
                    false,
                    new CompletableFuture<>(),
                    here.hangups());
            Daemons.start("wsbridge-" + args[0], () -> {
                code.complete(Main.run(inside, args));
                ready.completeExceptionally(new IOException("the " + args[0] + " has ended"));
            });
        }

        /** Waits until the command is ready, and returns the first port that it names. */
        int port() throws Exception {
            Matcher port = PORT.matcher(ready.get(DEADLINE_SECONDS, TimeUnit.SECONDS));
            if (!port.find()) {
                throw new IOException("no port in: " + ready.get());
            }
            return Integer.parseInt(port.group(1));
        }

        void stop() throws Exception {
            inside.stop().complete(null);
            int result = code.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
            if (result != 0) {
                throw new IOException("exit code " + result);
            }
        }
    }
}
