using System.Text.RegularExpressions;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Hosting;

public sealed partial class MetricsTests
{
    [Fact]
    public async Task Two_brokers_of_one_process_count_apart()
    {
        await using var one = await Brokers.StartAsync();
        await using var other = await Brokers.StartAsync();
        await one.Scene.ClaimAsync(one.Scene.Token(one.Scene.NewPod()), "unknown-template");
        await one.Scene.ApproveAsync("not-a-document");
        Assert.Contains("credbroker_decisions_total{code=\"template_unknown\",operation=\"claim\"} 1\n", await TextAsync(one), StringComparison.Ordinal);
        Assert.Contains("credbroker_approvals_refused_total{", await TextAsync(one), StringComparison.Ordinal);
        Assert.DoesNotContain("credbroker_decisions_total{", await TextAsync(other), StringComparison.Ordinal);
        Assert.DoesNotContain("credbroker_approvals_refused_total{", await TextAsync(other), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_line_is_of_the_text_format_and_histograms_add_up()
    {
        await using var broker = await Brokers.StartAsync();
        var scene = broker.Scene;
        await scene.ActivateAsync(SceneFolder.Token());
        var pod = scene.NewPod();
        await scene.ApproveAsync(scene.ApprovalOf(pod, "token"));
        await scene.ClaimAsync(scene.Token(pod), "token");
        var text = await TextAsync(broker);
        Assert.All(text.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Matches(Line(), line));
        const string minted = "backend=\"signed-token\",operation=\"mint\",outcome=\"ok\"";
        Assert.Contains($"credbroker_backend_duration_seconds_bucket{{{minted},le=\"+Inf\"}} 1\n", text, StringComparison.Ordinal);
        Assert.Contains($"credbroker_backend_duration_seconds_count{{{minted}}} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("credbroker_target_circuit_open{backend=\"signed-token\",lane=\"ending\",target=\"internal\"} 0\n", text, StringComparison.Ordinal);
    }

    private static async Task<string> TextAsync(RunningBroker broker) => (await broker.Scene.SendAsync(HttpMethod.Get, "/metrics", null)).Body;

    [GeneratedRegex("""^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z_]+="[^"\n]*"(,[a-z_]+="[^"\n]*")*\})? -?[0-9.E+-]+)$""")]
    private static partial Regex Line();
}
