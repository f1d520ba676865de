package io.github.wsbridge.launcher;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import io.github.wsbridge.website.DeviceList;
import io.github.wsbridge.website.Presence;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.concurrent.Lasting;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The devices that listen on the nodes of a cluster, whose management ports are asked every few seconds, on a thread of
 * this list. A device that has listened stays in the list. Devices that other secondary channels reach are not known.
 */
final class ListeningDevices implements DeviceList, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ListeningDevices.class);

    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final long PAUSE_MILLIS = 2_000;
    private static final int MOST_CHARACTERS = 32 * 1024 * 1024;
    private static final int MOST_DEVICES = 100_000;

    private final List<URI> nodes;
    private final Supplier<String> key;
    private final HttpClient client = HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(TIMEOUT)
            .build();
    private final ScheduledExecutorService timer = Daemons.newTimer("wsbridge-devices");
    private final Map<URI, String> failing = new HashMap<>(); // used by the timer only
    private volatile Map<String, Presence> devices;

    /**
     * Begins to ask.
     *
     * @param nodes the URLs of the nodes' management ports
     * @param key what they want to see
     * @param known devices that are in the list in any case
     */
    ListeningDevices(List<URI> nodes, Supplier<String> key, Collection<String> known) {
        this.nodes = List.copyOf(nodes);
        this.key = key;
        devices = known.stream().distinct().collect(Collectors.toUnmodifiableMap(id -> id, id -> Presence.UNKNOWN));
        timer.scheduleWithFixedDelay(new Lasting(this::look), 0, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
    }

    @Override
    public Map<String, Presence> devices() {
        return devices;
    }

    private void look() {
        long deadline = System.nanoTime() + TIMEOUT.toNanos();
        Map<URI, CompletableFuture<HttpResponse<String>>> asked = new LinkedHashMap<>();
        nodes.forEach(node -> asked.put(node, ask(node)));
        Map<String, Presence> found = new HashMap<>(devices);
        found.replaceAll((id, before) -> Presence.OFFLINE);
        for (Map.Entry<URI, CompletableFuture<HttpResponse<String>>> one : asked.entrySet()) {
            try {
                long left = Math.max(0, deadline - System.nanoTime());
                for (String id : ids(one.getValue().get(left, TimeUnit.NANOSECONDS))) {
                    if (found.size() < MOST_DEVICES || found.containsKey(id)) {
                        found.put(id, Presence.ONLINE);
                    }
                }
                report(one.getKey(), null);
            } catch (ExecutionException | TimeoutException | IOException e) {
                one.getValue().cancel(true);
                report(one.getKey(), reason(e));
            } catch (InterruptedException e) {
                return; // closed
            }
        }
        if (!failing.isEmpty()) { // a device may listen on a node that has not answered
            found.replaceAll((id, now) -> now == Presence.OFFLINE ? Presence.UNKNOWN : now);
        }
        devices = Map.copyOf(found);
    }

    private CompletableFuture<HttpResponse<String>> ask(URI node) {
        HttpRequest request = HttpRequest.newBuilder(node.resolve("/devices"))
                .timeout(TIMEOUT)
                .header("Authorization", "Bearer " + key.get())
                .build();
        return client.sendAsync(request, answer -> {
            long length = answer.headers().firstValueAsLong("Content-Length").orElse(-1);
            return length < 0 || length > MOST_CHARACTERS
                    ? HttpResponse.BodySubscribers.replacing("")
                    : HttpResponse.BodySubscribers.ofString(StandardCharsets.UTF_8);
        });
    }

    private static Set<String> ids(HttpResponse<String> answer) throws IOException {
        if (answer.statusCode() != 200) {
            throw new IOException("HTTP status " + answer.statusCode()
                    + (answer.statusCode() == 401 ? ": it wants the key in --devices-key-file" : ""));
        }
        try {
            JsonObject said = JsonParser.object().from(answer.body());
            if (said.getArray("devices") == null) {
                throw new IOException("it does not tell its devices");
            }
            return said.getArray("devices").stream().map(String::valueOf).collect(Collectors.toSet());
        } catch (JsonParserException e) {
            throw new IOException("what it says is not JSON", e);
        }
    }

    private static String reason(Exception failure) {
        if (failure instanceof TimeoutException) {
            return "no answer in time";
        }
        return Failures.describe(
                failure instanceof ExecutionException && failure.getCause() != null ? failure.getCause() : failure);
    }

    /** Says once that a node does not answer, and once that it does again. */
    private void report(URI node, @Nullable String problem) {
        if (problem == null) {
            if (failing.remove(node) != null) {
                log.info("{} tells its devices again", node);
            }
        } else if (!problem.equals(failing.put(node, problem))) {
            log.warn("{} does not tell which devices listen: {}", node, problem);
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
