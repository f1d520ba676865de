package io.github.wsbridge.it;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Holds the arrows between modules: down only, as docs/architecture.md draws them. */
final class ArchitectureTest {

    private static final String ROOT = "io.github.wsbridge";
    private static final JavaClasses HOUSE = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    @Test
    void api_standsOnNothingOfOurs() {
        noClasses()
                .that()
                .resideInAnyPackage(ROOT, ROOT + ".spi")
                .should()
                .dependOnClassesThat(resideInAPackage(ROOT + "..").and(not(resideInAnyPackage(ROOT, ROOT + ".spi"))))
                .check(HOUSE);
    }

    @Test
    void coreClientAndTestkit_standOnTheApiAlone() {
        for (String module : new String[] {"core", "client", "testkit"}) {
            String own = ROOT + "." + module;
            noClasses()
                    .that()
                    .resideInAPackage(own)
                    .should()
                    .dependOnClassesThat(
                            resideInAPackage(ROOT + "..").and(not(resideInAnyPackage(ROOT, ROOT + ".spi", own))))
                    .check(HOUSE);
        }
    }

    @Test
    void adapters_standOnApiAndCoreAlone_andAreImportedByTheLauncherOnly() {
        for (String module : new String[] {"tyrus", "netty"}) {
            String own = ROOT + "." + module;
            noClasses()
                    .that()
                    .resideInAPackage(own)
                    .should()
                    .dependOnClassesThat(resideInAPackage(ROOT + "..")
                            .and(not(resideInAnyPackage(ROOT, ROOT + ".spi", ROOT + ".core", own))))
                    .check(HOUSE);
            noClasses()
                    .that()
                    .resideOutsideOfPackages(own, ROOT + ".launcher", ROOT + ".bench")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage(own)
                    .check(HOUSE);
        }
    }

    @Test
    void netty_isKnownToItsAdapterAndTheBenchmarksOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackages(ROOT + ".netty", ROOT + ".bench")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.netty..")
                .check(HOUSE);
    }

    @Test
    void signalModules_standOnApiAndClientAlone() {
        for (String channel : new String[] {"iothub", "mqtt", "webhook"}) {
            String own = ROOT + ".signal." + channel;
            noClasses()
                    .that()
                    .resideInAPackage(own)
                    .should()
                    .dependOnClassesThat(resideInAPackage(ROOT + "..")
                            .and(not(resideInAnyPackage(ROOT, ROOT + ".spi", ROOT + ".client", own))))
                    .check(HOUSE);
            noClasses()
                    .that()
                    .resideOutsideOfPackages(own, ROOT + ".launcher")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage(own)
                    .check(HOUSE);
        }
    }

    @Test
    void hivemq_isKnownToSignalMqttOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".signal.mqtt")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("com.hivemq..")
                .check(HOUSE);
    }

    @Test
    void tink_isKnownToTokensOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".core.tokens")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("com.google.crypto.tink..")
                .check(HOUSE);
    }

    @Test
    void azure_isKnownToItsChannelOnly() {
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
    void classes_areFinalOrMadeToBeExtended() {
        classes()
                .that()
                .areNotInterfaces()
                .and()
                .areNotEnums()
                .and()
                .areNotAnonymousClasses()
                .and()
                .resideOutsideOfPackage(ROOT + ".testkit")
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
    void names_tellTheDifference() {
        noClasses()
                .should()
                .haveNameMatching(".*(Impl|Util|Utils|Manager|Helper)")
                .check(HOUSE);
    }
}
