package io.github.wsbridge.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Describes the machine, to give the figures a context. */
final class Machine {

    private static final long VERSION_SECONDS = 10;

    private Machine() {}

    static Map<String, Object> facts() throws IOException, InterruptedException {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("cores", Runtime.getRuntime().availableProcessors());
        facts.put("cpu", field("/proc/cpuinfo", "model name"));
        facts.put("memory", field("/proc/meminfo", "MemTotal"));
        facts.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        facts.put("jdk", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
        facts.put("haproxy", version("haproxy", "haproxy", "-v"));
        facts.put("nginx", version("nginx", "nginx", "-v"));
        facts.put("socat", version("socat", "socat", "-V"));
        facts.put("mosquitto", version("mosquitto", "mosquitto", "-h"));
        facts.put("ssh", version("ssh", "openssh-client", "-V"));
        facts.put("stunnel", version("stunnel4", "stunnel4", "-version"));
        for (String program : List.of("wstunnel", "chisel", "frps", "rathole", "piko")) {
            Optional<String> found = Processes.onPath(program, Processes.path());
            if (found.isPresent()) {
                facts.put(program, version(found.get(), program.equals("piko") ? "-v" : "--version"));
            }
        }
        return facts;
    }

    private static String field(String file, String name) throws IOException {
        return Files.readAllLines(Path.of(file)).stream()
                .filter(line -> line.startsWith(name))
                .map(line -> line.replaceFirst("[^:]*:\\s*", ""))
                .findFirst()
                .orElse("unknown");
    }

    /** Returns the first line of output that contains a version. */
    private static String version(String program, String debianPackage, String option)
            throws IOException, InterruptedException {
        String file;
        try {
            file = Processes.find(program, debianPackage);
        } catch (IOException e) {
            return "missing"; // results that do not need it are still valid
        }
        return version(file, option);
    }

    private static String version(String file, String option) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(List.of(file, option))
                .redirectErrorStream(true)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor(VERSION_SECONDS, TimeUnit.SECONDS);
        return printed.lines()
                .filter(line -> line.matches(".*\\d+\\.\\d+.*"))
                .findFirst()
                .orElse("unknown");
    }
}
