namespace CredentialBroker.Backends.Conformance;

public sealed class CertificateConformanceTests : InProcessConformance
{
    private protected override Harness NewHarness() => new CertificateHarness();
}
