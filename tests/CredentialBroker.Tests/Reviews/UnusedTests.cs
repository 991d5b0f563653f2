using CredentialBroker.Reviews;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Reviews;

/// <summary>Ways in that nobody went for long are proposed to be taken away.</summary>
public sealed class UnusedTests
{
    [Fact]
    public async Task R62_A_template_and_a_source_that_nothing_rested_on_for_thirty_days_are_findings_until_they_are_used()
    {
        await using var broker = await Brokers.StartAsync();
        await broker.Scene.ActivateAsync(SceneFolder.Token());
        Assert.Empty(await FindingsAsync(broker));

        var old = broker.Get<TimeProvider>().GetUtcNow().AddDays(-31).ToUnixTimeMilliseconds();
        await broker.Get<Journal>().CommitAsync(Lane.Control, new PlainWrite("UPDATE templates SET activated_at = @old", ("old", old)), new PlainWrite("UPDATE broker SET created_at = @old", ("old", old)));
        Assert.Contains("template/token", await FindingsAsync(broker));
        Assert.Contains("source/gate", await FindingsAsync(broker));

        var pod = broker.Scene.NewPod();
        await broker.Scene.ApproveAsync(broker.Scene.ApprovalOf(pod, "token"));
        Assert.Equal(System.Net.HttpStatusCode.Created, (await broker.Scene.ClaimAsync(broker.Scene.Token(pod), "token")).Status);
        var left = await FindingsAsync(broker);
        Assert.DoesNotContain("template/token", left);
        Assert.DoesNotContain("source/gate", left);
    }

    private static async Task<List<string>> FindingsAsync(RunningBroker broker)
    {
        await broker.Get<Unused>().LookAsync(default);
        return [.. (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/findings")).Json.GetProperty("findings").EnumerateArray().Select(one => one.GetProperty("subject").GetString()!)];
    }
}
