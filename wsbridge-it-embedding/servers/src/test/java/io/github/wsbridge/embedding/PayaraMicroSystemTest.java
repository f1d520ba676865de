package io.github.wsbridge.embedding;

import io.github.wsbridge.embedding.application.FilterApplication;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/** Payara Micro needs JDK 21. */
@Tag("system")
@EnabledForJreRange(min = JRE.JAVA_21)
class PayaraMicroSystemTest extends ServerContract {

    private static final Pattern PORT = Pattern.compile("\"Http Port\\(s\\)\": \"(\\d+)\"");

    @Override
    ServerProcess start() throws Exception {
        Path war = folder.resolve("app.war");
        War.write(war, FilterApplication.class);
        Path commands = folder.resolve("before-boot");
        Files.writeString(
                commands,
                "set configs.config.server-config.network-config.network-listeners.network-listener"
                        + ".http-listener.address=127.0.0.1");
        return new ServerProcess(
                folder,
                List.of(
                        "-Xmx384m",
                        "-jar",
                        System.getProperty("payara.jar"),
                        "--nocluster",
                        "--nohostaware",
                        "--disablephonehome",
                        "--rootdir",
                        folder.resolve("root").toString(),
                        "--prebootcommandfile",
                        commands.toString(),
                        "--autobindhttp",
                        "--deploy",
                        war.toString(),
                        "--contextroot",
                        "app"));
    }

    @Override
    int port(ServerProcess server) throws Exception {
        return Integer.parseInt(server.await(PORT));
    }
}
