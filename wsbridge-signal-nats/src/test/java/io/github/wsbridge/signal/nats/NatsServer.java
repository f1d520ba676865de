package io.github.wsbridge.signal.nats;

import io.nats.client.Connection;
import io.nats.client.Nats;
import io.nats.client.Options;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Debian's nats-server on a free port. */
final class NatsServer implements AutoCloseable {

    private static final Pattern ADDRESS = Pattern.compile("client connections on 127\\.0\\.0\\.1:(\\d+)");

    private final Process process;
    private final int port;

    NatsServer() throws IOException {
        process = new ProcessBuilder("/usr/sbin/nats-server", "-a", "127.0.0.1", "-p", "-1")
                .redirectErrorStream(true)
                .start();
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        int found = 0;
        String line;
        while (found == 0 && (line = lines.readLine()) != null) {
            Matcher address = ADDRESS.matcher(line);
            found = address.find() ? Integer.parseInt(address.group(1)) : 0;
        }
        if (found == 0) {
            throw new IOException("nats-server has not started");
        }
        port = found;
    }

    Connection connect() throws IOException, InterruptedException {
        return Nats.connect(Options.builder()
                .server("nats://127.0.0.1:" + port)
                .connectionTimeout(Duration.ofSeconds(20))
                .maxReconnects(-1)
                .build());
    }

    @Override
    public void close() {
        process.destroy();
        process.onExit().join();
    }
}
