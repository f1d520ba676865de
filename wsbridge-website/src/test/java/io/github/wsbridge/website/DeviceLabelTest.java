package io.github.wsbridge.website;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DeviceLabelTest {

    @ParameterizedTest
    @ValueSource(strings = {"device-1", "a", "0", "pi-7", "a-b-c"})
    void of_labelInLowerCase_isItself(String id) {
        assertThat(DeviceLabel.of(id)).contains(id);
        assertThat(DeviceLabel.device(id)).contains(id);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Device-1", "plant-7/pump", "-a", "a-", "xn--4ca", "x--1", "ü", "a.b", "a b", "_x", "😀"})
    void of_anythingElse_isCodedAndReadBack(String id) {
        String label = DeviceLabel.of(id).orElseThrow();
        assertThat(label).matches("x--[a-z0-9]+");
        assertThat(DeviceLabel.device(label)).contains(id);
    }

    @Test
    void of_tooLong_isEmpty() {
        assertThat(DeviceLabel.of("A".repeat(37))).isPresent();
        assertThat(DeviceLabel.of("A".repeat(38))).isEmpty();
        assertThat(DeviceLabel.of("a".repeat(63))).isPresent();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x--zz", "x--0", "x--c5h66p35cpjmg", "a_b", "-a", "A"})
    void device_ofNoLabel_isEmpty(String label) {
        assertThat(DeviceLabel.device(label)).isEmpty();
    }
}
