package io.github.wsbridge.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class LauncherTest {

    @Test
    void command_underTheScript_usesTheScript() {
        Launcher launcher =
                Launcher.ofEnvironment(Map.of("WSBRIDGE_SCRIPT", "/opt/wsbridge", "WSBRIDGE_JAVA_OPTS", "-Xchosen"));

        assertThat(launcher.command(List.of("node", "--insecure")))
                .containsExactly("/opt/wsbridge", "node", "--insecure");
        assertThat(launcher.withJavaOptions("-Xmx1g").command(List.of("help")))
                .containsExactly("/usr/bin/env", "WSBRIDGE_JAVA_OPTS=-Xmx1g", "/opt/wsbridge", "help");
    }

    @Test
    void command_underTheScript_passesOnTheOptionsThatItWasGiven() {
        Launcher launcher = Launcher.ofEnvironment(
                Map.of("WSBRIDGE_SCRIPT", "/opt/wsbridge", "WSBRIDGE_SCRIPT_JAVA_OPTS", "-Xmx1g"));

        assertThat(launcher.withoutSessions().command(List.of("help")).get(1))
                .startsWith("WSBRIDGE_JAVA_OPTS=-Xmx1g -D");
    }

    @Test
    void command_withoutScript_usesThisClassPath() {
        Launcher launcher = Launcher.ofEnvironment(Map.of("WSBRIDGE_JAVA_OPTS", "-Xmx1g"));

        assertThat(launcher.command(List.of("help")))
                .contains("-Xmx1g", "-cp")
                .endsWith("io.github.wsbridge.launcher.Main", "help");
    }
}
