package io.github.wsbridge.it;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Network namespaces that stand for hosts, all on one Ethernet, to which this JVM is connected, too. Needs root.
 * Nothing leads out of it.
 */
final class Hosts implements AutoCloseable {

    private static final String NETWORK = "10.204." + ProcessHandle.current().pid() % 256 + ".";

    private final String prefix = "wsb" + ProcessHandle.current().pid() % 100_000;
    private final Programs programs;
    private final Map<String, Integer> numbers = new LinkedHashMap<>();

    Hosts(Programs programs) throws Exception {
        this.programs = programs;
        Programs.find("ip", "iproute2");
        ip("link add " + prefix + " type bridge");
        ip("addr add " + NETWORK + "254/24 dev " + prefix);
        ip("link set " + prefix + " up");
    }

    /** Adds a host and returns its address. */
    String add(String host) throws Exception {
        int number = numbers.size() + 1;
        numbers.put(host, number);
        String namespace = namespace(host);
        ip("netns add " + namespace);
        ip("link add " + cable(host) + " type veth peer name eth0 netns " + namespace);
        ip("link set " + cable(host) + " master " + prefix);
        plug(host, true);
        ip("-n " + namespace + " addr add " + address(host) + "/24 dev eth0");
        ip("-n " + namespace + " link set eth0 up");
        ip("-n " + namespace + " link set lo up");
        return address(host);
    }

    String address(String host) {
        return NETWORK + numbers.get(host);
    }

    private String namespace(String host) {
        return prefix + host;
    }

    private String cable(String host) {
        return prefix + "v" + numbers.get(host);
    }

    /** Starts a program on a host; it has the pid of the returned process. */
    Programs.Running start(String host, List<String> command) throws Exception {
        return programs.start(on(host, command));
    }

    private List<String> on(String host, List<String> command) {
        List<String> there = new ArrayList<>(List.of("ip", "netns", "exec", namespace(host)));
        there.addAll(command);
        return there;
    }

    /** Plugs a host's cable in or out. */
    void plug(String host, boolean in) throws Exception {
        ip("link set " + cable(host) + (in ? " up" : " down"));
    }

    /** Makes a host lose all packets from another, or no longer. */
    void deafen(String host, String to, boolean deaf) throws Exception {
        programs.run(on(
                host,
                List.of(
                        Programs.find("iptables", "iptables"),
                        deaf ? "-A" : "-D",
                        "INPUT",
                        "-s",
                        address(to),
                        "-j",
                        "DROP")));
    }

    private void ip(String arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(arguments.split(" ")));
        programs.run(command);
    }

    @Override
    public void close() throws Exception {
        for (String host : numbers.keySet()) {
            remove("link", "del", cable(host));
            remove("netns", "del", namespace(host));
        }
        remove("link", "del", prefix);
    }

    private static void remove(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(arguments));
        new ProcessBuilder(command).start().waitFor(10, TimeUnit.SECONDS);
    }
}
