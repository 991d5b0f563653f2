using System.Text.Json;
using CredentialBroker.Approvals;
using CredentialBroker.Protocol;

namespace CredentialBroker.Audit;

public sealed class AuditEventTests
{
    private static readonly CallerBlock Caller = new("prod-eu", "kubernetes", "k8s://prod-eu/shop/checkout", "sub", "pod-1", 3, "e1", null);
    private static readonly DecisionBlock Decision = new("d1", "granted", "ok", null, "claim", "standard", "r1", null, 7);
    private static readonly Privilege[] Privileges = [new("postgres", "orders-db", "table orders", ["select"])];
    private readonly HeldClock _clock = new();

    [Fact]
    public void The_record_of_a_decision_has_decision_caller_and_privileges_or_is_not_made_R15()
    {
        using var body = JsonDocument.Parse(AuditEvent.OfDecision(_clock, Caller, Decision, Privileges).ToBody());
        var record = body.RootElement;
        Assert.Equal(("credential.decision", Streams.Issuance), (record.GetProperty("type").GetString(), record.GetProperty("stream").GetString()));
        Assert.Equal("pod-1", record.GetProperty("caller").GetProperty("instance").GetString());
        Assert.Equal("granted", record.GetProperty("decision").GetProperty("effect").GetString());
        Assert.Equal("table orders", record.GetProperty("effectivePrivileges")[0].GetProperty("resource").GetString());

        Assert.Throws<ArgumentNullException>(() => AuditEvent.OfDecision(_clock, null!, Decision, Privileges));
        Assert.Throws<ArgumentNullException>(() => AuditEvent.OfDecision(_clock, Caller, null!, Privileges));
        Assert.Throws<ArgumentNullException>(() => AuditEvent.OfDecision(_clock, Caller, Decision, null!));
    }

    [Fact]
    public void A_refusal_says_that_no_privileges_were_effective_instead_of_leaving_them_out_R15()
    {
        using var body = JsonDocument.Parse(AuditEvent.OfDecision(_clock, Caller, Decision with { Effect = "refused", ReasonCode = "frozen" }, []).ToBody());
        Assert.Equal(0, body.RootElement.GetProperty("effectivePrivileges").GetArrayLength());
    }

    [Fact]
    public void Blocks_that_do_not_apply_are_absent()
    {
        using var body = JsonDocument.Parse(AuditEvent.Of(_clock, "test.told", Streams.Control).ToBody());
        Assert.Equal(["id", "time", "type", "stream"], body.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal(_clock.GetUtcNow().ToUnixTimeMilliseconds(), body.RootElement.GetProperty("time").GetInt64());
    }
}
