using System.Diagnostics;
using System.Security.Cryptography;
using CredentialBroker.Attestation;
using CredentialBroker.Tests.Attestation;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Benchmarks;

/// <summary>
/// What proving a workload costs one request, in this process and without HTTP: each kind of evidence against one bare
/// P-256 signature verification, which no kind can do without. A chain of leaf, intermediate and root has two to verify.
/// </summary>
internal static class AttestationBenchmark
{
    private const int Rounds = 5;
    private const int Times = 300;
    private const int WarmUps = 600;

    public static async Task<MarkdownTable> RunAsync()
    {
        var clock = new FakeClock();
        var domain = new TestDomain("prod.example", clock);
        var pods = new TestIssuer("https://cluster.example", TestDomain.Audience, clock, TestKey.Make("k", "ES256"));
        var spiffe = TestDomain.Attestation(domain);
        var cluster = AttestationBench.Of("kubernetes", pods);
        var subjects = new (string Name, WorkloadAttestation Attestation, Evidence Evidence)[]
        {
            ("Kubernetes token, ES256", cluster, Evidence.OfBearer(pods.KubernetesToken("shop", "checkout", "6f0e3a52-cccc-4000-8000-00000000000c"))),
            ("JWT-SVID, ES256", spiffe, Evidence.OfBearer(domain.Token())),
            ("X.509-SVID, one intermediate", spiffe, domain.Svid()),
        };

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var data = new byte[512];
        var signature = key.SignData(data, HashAlgorithmName.SHA256);
        Task<double> BareAsync() => MicrosecondsAsync(() => Task.FromResult(key.VerifyData(data, signature, HashAlgorithmName.SHA256)));

        var table = new MarkdownTable("evidence", "µs", "bare verification µs", "ratio", "spread of ratio", "rounds");
        foreach (var (name, attestation, evidence) in subjects)
        {
            async Task<bool> ProvenAsync() => await attestation.AttestAsync(evidence, CancellationToken.None) is Attested.As;
            for (var i = 0; i < WarmUps; i++) await ProvenAsync();
            await BareAsync();
            var compared = await Measurement.InterleaveAsync(Rounds, BareAsync, () => MicrosecondsAsync(ProvenAsync));
            table.Row(name, compared.Subject.Median, compared.Baseline.Median, compared.Ratio.Median, $"{compared.Ratio.Spread:P0}", Rounds);
        }

        return table;
    }

    private static async Task<double> MicrosecondsAsync(Func<Task<bool>> verifyAsync)
    {
        var begun = Stopwatch.GetTimestamp();
        for (var i = 0; i < Times; i++)
        {
            if (!await verifyAsync()) throw new InvalidOperationException("What is measured must be proven.");
        }

        return Stopwatch.GetElapsedTime(begun).TotalMicroseconds / Times;
    }
}
