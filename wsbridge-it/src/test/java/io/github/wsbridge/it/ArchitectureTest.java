package io.github.wsbridge.it;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Checks that dependencies between modules point down only, as in the diagram of docs/architecture.md. */
final class ArchitectureTest {

    private static final String ROOT = "io.github.wsbridge";
    private static final JavaClasses HOUSE = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    private static final String API = ROOT;
    private static final String SPI = ROOT + ".spi";

    /** The packages of each module, and those that they may use in addition to the API. */
    private static final Map<String, List<String>> ARROWS = Map.ofEntries(
            Map.entry("wire", List.of()),
            Map.entry("testkit", List.of()),
            Map.entry("core", List.of("wire")),
            Map.entry("netty", List.of("wire")),
            Map.entry("jakarta", List.of("wire")),
            Map.entry("tyrus", List.of("wire", "jakarta")),
            Map.entry("client", List.of("wire")),
            Map.entry("okhttp", List.of("wire")),
            Map.entry("proxy", List.of("wire", "client")),
            Map.entry("session", List.of("wire", "client", "netty")),
            Map.entry("website", List.of("wire", "client", "netty")),
            Map.entry("signal.iothub", List.of("wire")),
            Map.entry("signal.kafka", List.of("wire")),
            Map.entry("signal.mqtt", List.of("wire")),
            Map.entry("signal.nats", List.of("wire")),
            Map.entry("signal.redis", List.of("wire")),
            Map.entry("signal.webhook", List.of("wire")),
            Map.entry("access.jwt", List.of("wire")),
            Map.entry("metrics", List.of("core")),
            Map.entry("tracing", List.of()));

    /** Adapters. Only programs may depend on them. */
    private static final List<String> ADAPTERS = List.of(
            "netty",
            "jakarta",
            "tyrus",
            "okhttp",
            "signal.iothub",
            "signal.kafka",
            "signal.mqtt",
            "signal.nats",
            "signal.redis",
            "signal.webhook",
            "access.jwt",
            "metrics",
            "tracing");

    private static String[] packages(List<String> modules) {
        return modules.stream().map(module -> ROOT + "." + module + "..").toArray(String[]::new);
    }

    @Test
    void api_dependsOnNoOtherModule() {
        noClasses()
                .that()
                .resideInAnyPackage(API, SPI)
                .should()
                .dependOnClassesThat(resideInAPackage(ROOT + "..").and(not(resideInAnyPackage(API, SPI))))
                .check(HOUSE);
    }

    @ParameterizedTest
    @MethodSource("modules")
    void module_dependsOnPermittedModulesOnly(String module) {
        List<String> allowed = new ArrayList<>(ARROWS.get(module));
        allowed.add(module);
        noClasses()
                .that()
                .resideInAPackage(ROOT + "." + module + "..")
                .should()
                .dependOnClassesThat(resideInAPackage(ROOT + "..")
                        .and(not(resideInAnyPackage(API, SPI)))
                        .and(not(resideInAnyPackage(packages(allowed)))))
                .check(HOUSE);
    }

    static Set<String> modules() {
        return new TreeSet<>(ARROWS.keySet());
    }

    /** The diagram shows exactly the permitted dependencies. */
    @Test
    void diagram_showsTheSameDependencies() throws IOException {
        String picture = Files.readString(Path.of("..", "docs", "architecture.svg"));
        Set<String> drawn = new TreeSet<>();
        Matcher arrows =
                Pattern.compile("data-from=\"([a-z.]+)\" data-to=\"([a-z]+)\"").matcher(picture);
        while (arrows.find()) {
            if (!arrows.group(2).equals("api")) { // all modules use the API; only some of those arrows are drawn
                drawn.add(arrows.group(1) + " -> " + arrows.group(2));
            }
        }
        Set<String> allowed = new TreeSet<>();
        ARROWS.forEach((from, used) -> used.forEach(to -> allowed.add(from + " -> " + to)));
        assertThat(drawn).isEqualTo(allowed);
        for (String subject : List.of(
                "access", "admission", "bridges", "cluster", "limits", "local", "peers", "signalling", "tokens")) {
            assertThat(picture).contains(">" + subject + "<");
            assertThat(HOUSE.containPackage(ROOT + ".core." + subject)).isTrue();
        }
    }

    @Test
    void transports_knowNoNode() {
        noClasses()
                .that()
                .resideInAnyPackage(packages(List.of("netty", "jakarta", "tyrus", "client", "session")))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ROOT + ".core..")
                .check(HOUSE);
    }

    @ParameterizedTest
    @MethodSource("adapters")
    void adapter_isImportedByProgramsOnly(String adapter) {
        List<String> users = new ArrayList<>(List.of(adapter, "launcher", "bench", "spring"));
        ARROWS.forEach((module, allowed) -> {
            if (allowed.contains(adapter)) {
                users.add(module);
            }
        });
        noClasses()
                .that()
                .resideOutsideOfPackages(packages(users))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ROOT + "." + adapter + "..")
                .check(HOUSE);
    }

    static List<String> adapters() {
        return ADAPTERS;
    }

    @Test
    void subjectsOfTheCore_haveNoCycles() {
        slices().matching(ROOT + ".core.(*)..").should().beFreeOfCycles().check(HOUSE);
    }

    @Test
    void subjectsOfTheWire_haveNoCycles() {
        slices().matching(ROOT + ".wire.(*)..").should().beFreeOfCycles().check(HOUSE);
    }

    @Test
    void subjectsOfTheCore_doNotKnowTheNode() {
        noClasses()
                .that()
                .resideInAPackage(ROOT + ".core.*..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ROOT + ".core")
                .check(HOUSE);
    }

    @Test
    void tyrus_isUsedByItsAdapterOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".tyrus..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.glassfish..")
                .check(HOUSE);
    }

    @Test
    void netty_isUsedWhereItIsNeededOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        ROOT + ".netty..",
                        ROOT + ".proxy..",
                        ROOT + ".session..",
                        ROOT + ".website..",
                        ROOT + ".launcher.home..",
                        ROOT + ".launcher.management..",
                        ROOT + ".bench..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.netty..")
                .check(HOUSE);
    }

    @Test
    void hivemq_isUsedBySignalMqttOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".signal.mqtt")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("com.hivemq..")
                .check(HOUSE);
    }

    @Test
    void nimbus_isUsedByAccessJwtOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".access.jwt")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("com.nimbusds..")
                .check(HOUSE);
    }

    @Test
    void micrometer_isUsedByMetricsAndProgramsOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackages(ROOT + ".metrics", ROOT + ".launcher..", ROOT + ".spring")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.micrometer..")
                .check(HOUSE);
    }

    @Test
    void openTelemetry_isUsedByTracingAndTheLauncherOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackages(ROOT + ".tracing", ROOT + ".launcher..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.opentelemetry..")
                .check(HOUSE);
    }

    @Test
    void spring_isUsedByItsStarterOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".spring")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.springframework..")
                .check(HOUSE);
    }

    @Test
    void tink_isUsedByTheTokensOfTheCoreOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".core.tokens")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("com.google.crypto.tink..")
                .check(HOUSE);
    }

    @Test
    void bucket4j_isUsedByTheAdmissionOfTheCoreOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".core.admission")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.github.bucket4j..")
                .check(HOUSE);
    }

    @Test
    void azure_isUsedByItsChannelOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackages(ROOT + ".signal.iothub", ROOT + ".launcher")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.microsoft..", "com.azure..")
                .check(HOUSE);
    }

    @Test
    void modules_haveNoCycles() {
        slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(HOUSE);
    }

    @Test
    void classes_areFinalOrDesignedForExtension() {
        classes()
                .that()
                .areNotInterfaces()
                .and()
                .areNotEnums()
                .and()
                .areNotAnonymousClasses()
                .and()
                .resideOutsideOfPackage(ROOT + ".testkit..")
                .and()
                .doNotHaveSimpleName("BridgeException")
                .and()
                .doNotHaveSimpleName("package-info")
                .and()
                .doNotHaveModifier(JavaModifier.ABSTRACT)
                .should()
                .haveModifier(JavaModifier.FINAL)
                .check(HOUSE);
    }

    @Test
    void names_areSpecific() {
        noClasses()
                .should()
                .haveNameMatching(".*(Impl|Util|Utils|Manager|Helper)")
                .check(HOUSE);
    }
}
