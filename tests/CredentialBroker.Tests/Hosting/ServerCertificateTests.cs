using CredentialBroker.Tests.TestInfra;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialBroker.Hosting;

public sealed class ServerCertificateTests : IDisposable
{
    private readonly PemPair _pair = new();
    private readonly FakeClock _clock = new();

    [Fact]
    public void A_new_pair_is_served_and_a_broken_one_leaves_the_last_good_in_place()
    {
        var certificate = new ServerCertificate(_pair.Files, _clock, new ServerCertificateLog(NullLogger<ServerCertificateLog>.Instance));
        var first = certificate.Current.TargetCertificate.Thumbprint;
        var second = _pair.Replace();
        Touch(1);
        Assert.Equal(first, certificate.Current.TargetCertificate.Thumbprint);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(second, certificate.Current.TargetCertificate.Thumbprint);

        File.WriteAllText(_pair.Files.Certificate, "-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n");
        Assert.Equal(second, Later(certificate, 2));
        File.Delete(_pair.Files.Certificate);
        Assert.Equal(second, Later(certificate, 3));
        // The certificate was replaced and its key not yet: a moment of every renewal.
        using var other = new PemPair();
        File.Copy(other.Files.Certificate, _pair.Files.Certificate, overwrite: true);
        Assert.Equal(second, Later(certificate, 4));
        File.Copy(other.Files.Key, _pair.Files.Key, overwrite: true);
        Assert.Equal(other.Files.Read().TargetCertificate.Thumbprint, Later(certificate, 5));
    }

    [Fact]
    public void Files_that_cannot_be_served_are_mistakes()
    {
        using var other = new PemPair();
        var https = new HostingOptions { Listen = "https://0.0.0.0:8200", CertificateFile = _pair.Files.Certificate, KeyFile = _pair.Files.Key };
        Assert.Empty(https.Validate());
        Assert.Equal(2, (https with { CertificateFile = null, KeyFile = null }).Validate().Count());
        Assert.StartsWith("Hosting:KeyFile: no file", Assert.Single((https with { KeyFile = "/nowhere" }).Validate()), StringComparison.Ordinal);
        Assert.StartsWith("Hosting:CertificateFile: no certificate", Assert.Single((https with { KeyFile = other.Files.Key }).Validate()), StringComparison.Ordinal);
        Assert.StartsWith("Hosting:Listen:", Assert.Single((https with { Listen = "https://broker.example" }).Validate()), StringComparison.Ordinal);
        Assert.Equal(2, (https with { Listen = "http://127.0.0.1:8200" }).Validate().Count());
        foreach (var elsewhere in new[] { "http://0.0.0.0:8200", "http://10.0.0.1:8200", "http://broker.example", "http://127.0.0.1:8200/path", "ftp://127.0.0.1", "nonsense" })
            Assert.StartsWith("Hosting:Listen:", Assert.Single(new HostingOptions { Listen = elsewhere }.Validate()), StringComparison.Ordinal);
    }

    public void Dispose() => _pair.Dispose();

    private string Later(ServerCertificate certificate, int seconds)
    {
        Touch(seconds);
        _clock.Advance(TimeSpan.FromSeconds(1));
        return certificate.Current.TargetCertificate.Thumbprint;
    }

    /// <summary>Marks the files as changed, however fast this test is and however coarse the file system's clock.</summary>
    private void Touch(int seconds)
    {
        foreach (var file in new[] { _pair.Files.Certificate, _pair.Files.Key }.Where(File.Exists))
            File.SetLastWriteTimeUtc(file, _clock.GetUtcNow().UtcDateTime.AddDays(seconds));
    }
}
