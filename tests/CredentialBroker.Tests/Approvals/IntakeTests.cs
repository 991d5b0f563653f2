using System.Text.Json.Nodes;
using CredentialBroker.Approvals.Moves;
using CredentialBroker.Protocol;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Approvals;

/// <summary>What authentic documents do. Every refusal has its own code and no side effect but its record.</summary>
public sealed class IntakeTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private readonly HeldClock _clock = new();

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task An_approval_is_recorded_with_owners_and_environment(string provider)
    {
        await using var gate = await Gate.OpenAsync(provider, postgres, _clock);
        var accepted = await gate.AcceptAsync(Documents.Approved("run-1"));
        var approval = await gate.House.Approvals.GetAsync(accepted.ApprovalId!, default);
        Assert.Equal(ApprovalState.Confirmed, approval!.State);
        Assert.Equal(("run-1", "pod-1", "nightly", "standard", 2), (approval.Reference, approval.Instance, approval.Task, approval.Tier, approval.MaxUses));
        Assert.Equal(_clock.GetUtcNow().AddMinutes(15).ToUnixTimeMilliseconds(), approval.ClaimBy);
        Assert.Equal(_clock.GetUtcNow().AddHours(1).ToUnixTimeMilliseconds(), approval.ValidUntil);
        Assert.Equal("uid-1", approval.Facts["serviceAccountUid"]);

        // R39, R66: who answers for the source and for which environment, in the record.
        var (type, body) = Assert.Single(await gate.House.RecordsAsync());
        Assert.Equal("approval.received", type);
        Assert.Contains("\"runtime\":\"team-platform\"", body, StringComparison.Ordinal);
        Assert.Contains("\"environment\":\"prod\"", body, StringComparison.Ordinal);
        Assert.Contains("requester alice; approvers bob", body, StringComparison.Ordinal);
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task R44_R45_What_the_source_saw_of_the_running_thing_is_kept_and_recorded(string provider)
    {
        await using var gate = await Gate.OpenAsync(provider, postgres, _clock);
        var accepted = await gate.AcceptAsync(Documents.Approved(
            "run-1", ("hostResources", new JsonArray("bind:/data:/data:ro", "capability:SYS_TIME")), ("weaknesses", new JsonArray("automounted-token")),
            ("posture", "batch@3"), ("ticket", "CHG-7"), ("riskClass", "autonomous"), ("owner", "team-agents")));
        var seen = (await gate.House.Approvals.GetAsync(accepted.ApprovalId!, default))!.Circumstances;
        Assert.Equal(["bind:/data:/data:ro", "capability:SYS_TIME"], seen.HostResources);
        Assert.Equal(("automounted-token", "batch@3", "CHG-7", true, "team-agents"), (Assert.Single(seen.Weaknesses), seen.Posture, seen.Ticket, seen.IsAutonomous, seen.Owner));
        Assert.Contains(
            "risk class autonomous; answered for by team-agents; ticket CHG-7; posture batch@3; host resources bind:/data:/data:ro, capability:SYS_TIME; weaknesses automounted-token",
            Assert.Single(await gate.House.RecordsAsync()).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("approvers", ReasonCodes.ApproversMissing, 403)]
    [InlineData("intent", ReasonCodes.ApprovalMalformed, 400)]
    [InlineData("owner", ReasonCodes.ApprovalMalformed, 400)]
    public async Task R20_What_is_autonomous_was_approved_by_somebody_for_something_and_somebody_answers_for_it(string left, string code, int status)
    {
        await using var gate = await Gate.OpenAsync("sqlite", postgres, _clock);
        var document = Documents.Approved("run-1", ("riskClass", "autonomous"), ("owner", "team-agents"));
        document.Remove(left);
        await gate.RefusedAsync(document, code, status);
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task An_event_takes_effect_once(string provider)
    {
        await using var gate = await Gate.OpenAsync(provider, postgres, _clock);
        var body = gate.Signer.Sign(Documents.Approved("run-1"));
        Assert.IsType<ApprovalAnswer.Accepted>(await gate.SendAsync(body));
        await gate.RefusedAsync(body, ReasonCodes.ApprovalReplayed, 409);
        await gate.RefusedAsync(gate.Signer.Sign(Documents.Approved("run-2"), ("jti", "event-1")), ReasonCodes.ApprovalReplayed, 409);
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_reference_is_decided_once(string provider)
    {
        await using var gate = await Gate.OpenAsync(provider, postgres, _clock);
        await gate.AcceptAsync(Documents.Approved("run-1"));
        await gate.RefusedAsync(Documents.Approved("run-1"), ReasonCodes.ApprovalFinal, 409);
    }

    [Theory]
    [InlineData("sqlite", "withdrawn")]
    [InlineData("postgres", "withdrawn")]
    [InlineData("sqlite", "denied")]
    [InlineData("postgres", "denied")]
    public async Task A_stop_is_final_and_beats_a_late_approval(string provider, string effect)
    {
        await using var gate = await Gate.OpenAsync(provider, postgres, _clock);
        var approved = await gate.AcceptAsync(Documents.Approved("run-1"));
        ApprovalArrived? told = null;
        var stopped = Assert.IsType<ApprovalAnswer.Accepted>(await gate.SendAsync(gate.Signer.Sign(Documents.Stop(effect, "run-1")), arrived =>
        {
            told = arrived;
            return [new TaskEnd("alongside", "test", 1)];
        }));
        Assert.Equal((approved.ApprovalId, effect), (stopped.ApprovalId, stopped.Effect));
        Assert.Equal(("prod-eu", approved.ApprovalId, "nightly"), (told!.Source, told.ApprovalId, told.Task));
        Assert.Equal(1, await gate.House.CountAsync("ended_tasks"));
        var approval = await gate.House.Approvals.GetAsync(approved.ApprovalId!, default);
        Assert.Equal($"approval_{effect}", await gate.House.CodeAsync(gate.House.Use(approval!, "pod-1")));
        await gate.RefusedAsync(Documents.Stop("withdrawn", "run-1"), ReasonCodes.ApprovalFinal, 409);
        await gate.RefusedAsync(Documents.Approved("run-1"), ReasonCodes.ApprovalFinal, 409);

        await gate.AcceptAsync(Documents.Stop(effect, "run-2"));
        await gate.RefusedAsync(Documents.Approved("run-2"), ReasonCodes.ApprovalFinal, 409);
        Assert.Equal(2, (await gate.House.RecordsAsync()).Count(r => r.Type == $"approval.{effect}"));
    }

    /// <summary>R66: an approval for another environment is another source's to give; so are templates and tiers.</summary>
    [Theory]
    [InlineData("environment", "\"staging\"", ReasonCodes.SourceNotEntitled, 403)]
    [InlineData("templates", """["orders-read","billing"]""", ReasonCodes.SourceNotEntitled, 403)]
    [InlineData("tier", "\"critical\"", ReasonCodes.SourceNotEntitled, 403)]
    [InlineData("requester", "\"BOB \"", ReasonCodes.SelfApproval, 403)]
    [InlineData("instance", null, ReasonCodes.ApprovalMalformed, 400)]
    [InlineData("nonce", "\"0123456789abcdef\"", ReasonCodes.ApprovalMalformed, 400)]
    [InlineData("extra", "1", ReasonCodes.ApprovalMalformed, 400)]
    public async Task R66_what_the_source_may_not_say_is_refused(string member, string? json, string code, int status)
    {
        foreach (var provider in new[] { "sqlite", "postgres" })
        {
            await using var gate = await Gate.OpenAsync(provider, postgres, _clock);
            await gate.RefusedAsync(Documents.Approved("run-1", (member, json is null ? null : JsonNode.Parse(json))), code, status);
            var (type, body) = Assert.Single(await gate.House.RecordsAsync());
            Assert.Equal("approval.rejected", type);
            Assert.Contains($"\"cause\":\"{code}\"", body, StringComparison.Ordinal);
        }
    }

    /// <summary>R49, R52: over a limit is refused, not clamped; at the limit is taken.</summary>
    [Theory]
    [InlineData("claimBy", 15, null)]
    [InlineData("claimBy", 16, ReasonCodes.ApprovalMalformed)]
    [InlineData("claimBy", -1, ReasonCodes.ApprovalExpired)]
    [InlineData("validUntil", 60, null)]
    [InlineData("validUntil", 61, ReasonCodes.ApprovalMalformed)]
    [InlineData("validUntil", 25 * 60, ReasonCodes.ApprovalMalformed)]
    [InlineData("validUntil", 0, ReasonCodes.ApprovalExpired)]
    [InlineData("notBefore", 14, null)]
    [InlineData("notBefore", 15, ReasonCodes.ApprovalMalformed)]
    public async Task R49_R52_windows_are_bounded(string member, int minutes, string? code)
    {
        await using var gate = await Gate.OpenAsync("sqlite", postgres, _clock);
        var document = Documents.Approved("run-1", (member, _clock.GetUtcNow().AddMinutes(minutes).ToUnixTimeSeconds()));
        if (code is null) await gate.AcceptAsync(document);
        else await gate.RefusedAsync(document, code, code == ReasonCodes.ApprovalExpired ? 409 : 400);
    }

    [Theory]
    [InlineData("nonce", "0123456789abcde", ReasonCodes.ApprovalMalformed)]
    [InlineData("nonce", "0123456789abcdef", null)]
    [InlineData("firstClaim", null, null)]
    [InlineData("firstClaim", "0123456789abcdef", ReasonCodes.ApprovalMalformed)]
    public async Task A_binding_needs_what_it_rests_on(string binding, string? nonce, string? code)
    {
        await using var gate = await Gate.OpenAsync("sqlite", postgres, _clock, binding);
        await gate.RefusedAsync(Documents.Approved("run-0"), ReasonCodes.ApprovalMalformed, 400);
        await gate.RefusedAsync(Documents.Approved("run-1", ("instance", null), ("nonce", nonce), ("tier", "critical")), ReasonCodes.SourceNotEntitled, 403);
        var document = Documents.Approved("run-1", ("instance", null), ("nonce", nonce));
        if (code is null) await gate.AcceptAsync(document);
        else await gate.RefusedAsync(document, code, 400);
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_source_ends_only_tasks_that_it_named(string provider)
    {
        await using var gate = await Gate.OpenAsync(provider, postgres, _clock);
        await gate.House.GivenAsync(gate.House.New(task: "theirs", source: "other"));
        await gate.RefusedAsync(Documents.Finished("theirs"), ReasonCodes.SourceNotEntitled, 403);
        await gate.RefusedAsync(Documents.Finished("nobody's"), ReasonCodes.SourceNotEntitled, 403);
        await gate.RefusedAsync(Documents.Approved("run-1", ("task", "theirs")), ReasonCodes.SourceNotEntitled, 403);

        var own = await gate.AcceptAsync(Documents.Approved("run-1"));
        var finished = await gate.AcceptAsync(Documents.Finished("nightly"));
        Assert.Equal("nightly", finished.Task);
        Assert.Equal(ApprovalState.Finished, (await gate.House.Approvals.GetAsync(own.ApprovalId!, default))!.State);
        Assert.Equal(ReasonCodes.TaskEnded, await gate.House.CodeAsync(new TaskGuard("nightly")));
        Assert.Null(await gate.House.CodeAsync(new TaskGuard("theirs")));
        Assert.Contains(await gate.House.RecordsAsync(), r => r.Type == "task.ended" && r.Body.Contains("source:prod-eu", StringComparison.Ordinal));
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task What_the_caller_adds_commits_with_the_event_or_not_at_all(string provider)
    {
        await using var gate = await Gate.OpenAsync(provider, postgres, _clock);
        var approved = await gate.AcceptAsync(Documents.Approved("run-1"));
        var before = await gate.House.RowsAsync();
        var answer = await gate.SendAsync(gate.Signer.Sign(Documents.Stop("withdrawn", "run-1")), _ => [new ApprovalUse("nothing", "a", 1, false)]);
        Assert.Equal(ReasonCodes.NoApproval, Assert.IsType<ApprovalAnswer.Refused>(answer).Code);
        Assert.Equal(before, await gate.House.RowsAsync());
        Assert.Equal(ApprovalState.Confirmed, (await gate.House.Approvals.GetAsync(approved.ApprovalId!, default))!.State);
    }

    /// <summary>Whoever proved nothing leaves no record, so that nobody can fill the store.</summary>
    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Unauthenticated_refusals_are_counted_only(string provider)
    {
        await using var gate = await Gate.OpenAsync(provider, postgres, _clock);
        var body = gate.Signer.Sign(Documents.Approved("run-1"));
        using var counted = new CountedRefusals();
        await gate.RefusedAsync(body, ReasonCodes.SourceUnknown, 404, records: 0, source: "prod-us");
        await gate.RefusedAsync(new byte[Limits.BodyBytes + 1], ReasonCodes.RequestTooLarge, 413, records: 0);
        Assert.Contains(("unknown", ReasonCodes.SourceUnknown), counted.All);
        Assert.Contains(("prod-eu", ReasonCodes.RequestTooLarge), counted.All);
    }

    /// <summary>The payload around the approval: signed, but not as it must be.</summary>
    [Theory]
    [InlineData("jti", null, ReasonCodes.ApprovalMalformed, 400)]
    [InlineData("jti", "\"a b\"", ReasonCodes.ApprovalMalformed, 400)]
    [InlineData("approval", null, ReasonCodes.ApprovalMalformed, 400)]
    [InlineData("admin", "true", ReasonCodes.ApprovalMalformed, 400)]
    public async Task A_payload_that_is_not_as_it_must_be_is_refused(string member, string? json, string code, int status)
    {
        await using var gate = await Gate.OpenAsync("sqlite", postgres, _clock);
        var payload = gate.Signer.Payload(Documents.Approved("run-1"));
        payload.Remove(member);
        var text = payload.ToJsonString();
        if (json is not null) text = $"{text[..^1]},\"{member}\":{json}}}";
        await gate.RefusedAsync(gate.Signer.SignText(Signer.Header().ToJsonString(), text), code, status);
    }

    /// <summary>Both at once on two replicas: whichever is first, the approval ends withdrawn or is refused, never stands.</summary>
    [Fact]
    public async Task An_approval_and_its_withdrawal_on_two_replicas_end_withdrawn()
    {
        await using var one = await Gate.OpenAsync("postgres", postgres, _clock);
        await using var two = await one.AnotherAsync();
        for (var round = 0; round < 25; round++)
        {
            var approve = one.SendAsync(one.Signer.Sign(Documents.Approved($"run-{round}")));
            var withdraw = two.SendAsync(one.Signer.Sign(Documents.Stop("withdrawn", $"run-{round}")));
            Assert.IsType<ApprovalAnswer.Accepted>(await withdraw);
            await approve;
            Assert.Equal(ApprovalState.Withdrawn, (await one.House.Approvals.FindAsync("prod-eu", $"run-{round}", default))!.State);
        }
    }

    [Fact]
    public async Task One_event_on_two_replicas_takes_effect_once()
    {
        await using var one = await Gate.OpenAsync("postgres", postgres, _clock);
        await using var two = await one.AnotherAsync();
        for (var round = 0; round < 25; round++)
        {
            var body = one.Signer.Sign(Documents.Approved($"run-{round}"));
            var answers = await Task.WhenAll(one.SendAsync(body), two.SendAsync(body));
            Assert.Single(answers.OfType<ApprovalAnswer.Accepted>());
            Assert.Equal(ReasonCodes.ApprovalReplayed, Assert.Single(answers.OfType<ApprovalAnswer.Refused>()).Code);
        }
    }
}
