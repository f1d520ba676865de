package io.github.wsbridge.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The proxies that nodes are compared with, each with its configuration in the run's folder. */
final class Peers {

    static final int CORES = Runtime.getRuntime().availableProcessors();

    private final Processes processes;
    private final Generator devices;

    Peers(Processes processes, Generator devices) {
        this.processes = processes;
        this.devices = devices;
    }

    /** Returns the generators without a proxy in between. */
    Subject direct() {
        return new Subject(Subject.DIRECT, List.of(), what -> "tcp://127.0.0.1:" + devices.port(what));
    }

    /** Starts HAProxy in TCP mode with the given {@code tune.bufsize}. */
    Subject haproxyTcp(String name, int bufferSize) throws IOException, InterruptedException {
        return haproxyTcp(name, bufferSize, devices.port("sink"), devices.port("echo"));
    }

    /** Puts another HAProxy in front of {@code second}; only the CPU time of {@code second} counts. */
    Subject behind(String name, Subject second, int bufferSize) throws IOException, InterruptedException {
        Subject first = haproxyTcp(name, bufferSize, port(second, "sink"), port(second, "echo"));
        return new Subject(name, second.servers(), first.url());
    }

    private static int port(Subject subject, String what) {
        return Target.parse(subject.urlFor(what)).address().getPort();
    }

    private Subject haproxyTcp(String name, int bufferSize, int sinkBehind, int echoBehind)
            throws IOException, InterruptedException {
        int sink = freePort();
        int echo = freePort();
        Child child = haproxy(processes, name, global(bufferSize) + """
                        defaults
                          mode tcp
                          timeout connect 5s
                          timeout client 1h
                          timeout server 1h
                        listen sink
                          bind 127.0.0.1:%d
                          server far 127.0.0.1:%d
                        listen echo
                          bind 127.0.0.1:%d
                          server far 127.0.0.1:%d
                        """.formatted(sink, sinkBehind, echo, echoBehind));
        child.awaitPort(sink);
        return new Subject(name, List.of(child), what -> "tcp://127.0.0.1:" + (what.equals("echo") ? echo : sink));
    }

    /** Returns the global section of HAProxy's configuration. */
    static String global(int bufferSize) {
        return """
                global
                  nbthread %d
                  maxconn 4000
                  tune.bufsize %d
                """.formatted(CORES, bufferSize);
    }

    /** Starts HAProxy. */
    static Child haproxy(Processes processes, String name, String configuration) throws IOException {
        Path file = Files.writeString(processes.folder().resolve(name + ".cfg"), configuration);
        return processes.start(name, List.of(Processes.find("haproxy", "haproxy"), "-db", "-f", file.toString()));
    }

    /** Returns a port that was free a moment ago. */
    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
