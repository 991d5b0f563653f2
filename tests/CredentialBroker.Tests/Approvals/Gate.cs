using System.Text;
using System.Text.Json.Nodes;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Approvals.Jws;
using CredentialBroker.Attestation;
using CredentialBroker.Protocol;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialBroker.Approvals;

/// <summary>The intake of one replica with one source, <c>prod-eu</c>, and the key that signs for it.</summary>
internal sealed class Gate : IAsyncDisposable
{
    private readonly ApprovalIntake _intake;
    private readonly Meters _meters = new();
    private readonly string _binding;

    private Gate(House house, Signer signer, string binding)
    {
        (House, Signer, _binding) = (house, signer, binding);
        var source = new ApprovalSource("prod-eu", new ApprovalSourceOptions
        {
            Issuer = "https://admission.example",
            Audience = Signer.Audience,
            Environments = ["prod"],
            Templates = ["orders-read", "reports-*"],
            Binding = binding,
            MaxTier = "standard",
            Owners = new Owners("team-platform", "team-security", "team-sre"),
        });
        var records = new ApprovalRecords(house.Chain, house.Clock);
        var effects = new ApprovalEffects(house.Approvals, records, new EndOfTask(house.Chain, house.Clock), house.Clock);
        var keys = new KeySource("prod-eu", KeyPace.OfFile, _ => Task.FromResult(Encoding.UTF8.GetBytes(signer.Jwks)), house.Clock, NullLogger<KeySource>.Instance);
        var format = new JwsFormat(new TokenReader(house.Clock), new Dictionary<string, KeySource> { ["prod-eu"] = keys });
        _intake = new ApprovalIntake(
            new Dictionary<string, ApprovalSource> { ["prod-eu"] = source }, new Dictionary<string, ISourceFormat> { [Formats.Jws] = format }, effects, records, [], new ApprovalMetrics(_meters), house.Journal, house.Clock);
    }

    public House House { get; }

    public Signer Signer { get; }

    public static async Task<Gate> OpenAsync(string provider, PostgresFixture postgres, HeldClock clock, string binding = "exact") =>
        new(await House.OpenAsync(provider, postgres, clock), new Signer(clock), binding);

    /// <summary>Another replica of the same broker.</summary>
    public async Task<Gate> AnotherAsync() => new(await House.AnotherAsync(), Signer, _binding);

    public Task<ApprovalAnswer> SendAsync(byte[] body, Func<ApprovalArrived, IReadOnlyList<Work>>? alongside = null, string source = "prod-eu") =>
        _intake.AcceptAsync(source, new Delivery("application/jose", new HeaderDictionary(), body), alongside ?? (_ => []), default);

    public async Task<ApprovalAnswer.Accepted> AcceptAsync(JsonObject approval) =>
        Assert.IsType<ApprovalAnswer.Accepted>(await SendAsync(Signer.Sign(approval)));

    public Task RefusedAsync(JsonObject approval, string code, int status) => RefusedAsync(Signer.Sign(approval), code, status);

    /// <summary>Refused with this code, and not one row is different but the record of the refusal.</summary>
    public async Task RefusedAsync(byte[] body, string code, int status, int records = 1, string source = "prod-eu")
    {
        var (rows, before) = (await House.RowsAsync(), await House.RecordsAsync());
        var refused = Assert.IsType<ApprovalAnswer.Refused>(await SendAsync(body, source: source));
        Assert.Equal((code, status), (refused.Code, refused.Status));
        Assert.Equal(rows, await House.RowsAsync());
        var after = await House.RecordsAsync();
        Assert.Equal(Enumerable.Repeat("approval.rejected", records), after.Skip(before.Count).Select(r => r.Type));
    }

    public async ValueTask DisposeAsync()
    {
        Signer.Dispose();
        _meters.Dispose();
        await House.DisposeAsync();
    }
}
