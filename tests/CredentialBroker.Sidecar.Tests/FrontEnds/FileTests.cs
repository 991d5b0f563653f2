using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using CredentialBroker.Sidecar.FrontEnds.Files;
using CredentialBroker.Sidecar.Tests.TestInfra;

namespace CredentialBroker.Sidecar.Tests.FrontEnds;

/// <summary>Files that are rendered from leases: whole or not there, in formats that no value breaks out of, and told of when they change.</summary>
public sealed class FileTests : Rig
{
    private static readonly string[] Nasty = ["plain", "pass:word\\1", "a \"quote\" and 'another'", "$HOME `id` $(id) ${x}", "#hash; = [section]", " spaces ", "ünï", "a\\nb", "!x"];

    [Fact]
    public async Task A_shell_that_sources_a_dotenv_file_reads_the_value_and_runs_none_of_it()
    {
        var text = FileFormats.Dotenv(Nasty.Select((value, i) => ($"K{i}", value)));
        await File.WriteAllTextAsync(PathOf("env"), text);
        foreach (var (value, i) in Nasty.Select((value, i) => (value, i)))
        {
            var ran = await Client.RunAsync(new Dictionary<string, string>(), "sh", "-c", $". {PathOf("env")}; printf %s \"$K{i}\"");
            Assert.Equal(value, ran.Out);
        }

        Assert.Equal(Nasty.Length, text.Split('\n').Length - 1);
    }

    [Fact]
    public void Keys_of_an_INI_file_stand_in_their_sections_and_each_section_once() => Assert.Equal(
        "top = 1\n[a]\nx = 2\nz = 4\n[b]\ny = 3\n", FileFormats.Ini([("a.x", "2"), ("top", "1"), ("b.y", "3"), ("a.z", "4")]));

    [Theory]
    [InlineData("two\nlines")]
    [InlineData("two\rlines")]
    [InlineData("a\0b")]
    public void A_value_of_more_than_one_line_fits_neither(string value)
    {
        Assert.Contains("more than one line", Assert.Throws<FormatException>(() => FileFormats.Dotenv([("K", value)])).Message, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => FileFormats.Ini([("K", value)]));
    }

    [Fact]
    public async Task Each_format_is_rendered_with_its_mode_and_goes_with_any_of_its_leases()
    {
        var options = Options("orders", "aws");
        options.FrontEnds.Files["dotenv"] = new() { Path = PathOf("f/env"), Format = "dotenv", Values = { ["DB_USER"] = "orders.username", ["AWS_KEY"] = "aws.accessKeyId" } };
        options.FrontEnds.Files["ini"] = new() { Path = PathOf("f/ini"), Format = "ini", Mode = "0440", Values = { ["db.user"] = "orders.username", ["db.password"] = "orders.password" } };
        options.FrontEnds.Files["text"] = new() { Path = PathOf("f/text"), Format = "text", Text = "user {{orders.username}}, key {{ aws.accessKeyId }}\n{ {{orders.port}} }" };
        options.FrontEnds.Files["json"] = new() { Path = PathOf("f/json"), Lease = "aws", Values = { ["also"] = "orders.host" } };
        await using var sidecar = await StartAsync(options);
        await UntilAsync(() => Directory.Exists(PathOf("f")) && Directory.GetFiles(PathOf("f")).Length == 4);
        var user = Member(sidecar, "orders", "username");
        var key = Member(sidecar, "aws", "accessKeyId");
        Assert.Equal($"DB_USER=\"{user}\"\nAWS_KEY=\"{key}\"\n", File.ReadAllText(PathOf("f/env")));
        Assert.Equal($"[db]\nuser = {user}\npassword = {Member(sidecar, "orders", "password")}\n", File.ReadAllText(PathOf("f/ini")));
        Assert.Equal($"user {user}, key {key}\n{{ 5432 }}", File.ReadAllText(PathOf("f/text")));
        var json = JsonDocument.Parse(File.ReadAllText(PathOf("f/json"))).RootElement;
        Assert.Equal((key, "db.test"), (json.GetProperty("accessKeyId").GetString(), json.GetProperty("also").GetString()));
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(PathOf("f/env")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.GroupRead, File.GetUnixFileMode(PathOf("f/ini")));
        Broker.End(Broker.Live.Single(lease => lease.Template.Name == "aws").Id, "revoked");
        await UntilAsync(() => Directory.GetFiles(PathOf("f")).Length == 1);
        Assert.True(File.Exists(PathOf("f/ini")));
    }

    [Fact]
    public async Task A_member_that_the_lease_has_not_is_told_and_nothing_is_written()
    {
        var options = Options("aws");
        options.FrontEnds.Files["one"] = new() { Path = PathOf("one"), Format = "dotenv", Values = { ["K"] = "aws.password" } };
        await using var sidecar = await StartAsync(options);
        await UntilAsync(() => Log.ToString().Contains("has no password", StringComparison.Ordinal));
        Assert.False(File.Exists(PathOf("one")));
    }

    [Fact]
    public async Task A_command_is_run_when_the_file_changed_and_when_it_went()
    {
        var options = Options("aws");
        options.FrontEnds.Files["one"] = new() { Path = PathOf("one"), Lease = "aws", OnChange = new() { Command = ["/bin/sh", "-c", $"test -e {PathOf("one")} && echo there >> {PathOf("told")} || echo gone >> {PathOf("told")}"] } };
        await using var sidecar = await StartAsync(options);
        await UntilAsync(() => Told() == "there\n");
        Broker.End(Broker.Live.Single().Id, "revoked");
        await UntilAsync(() => Told() == "there\ngone\n");

        string Told() => File.Exists(PathOf("told")) ? File.ReadAllText(PathOf("told")) : "";
    }

    [Theory]
    [InlineData("HUP")]
    [InlineData("USR1")]
    [InlineData("USR2")]
    [InlineData("TERM")]
    public async Task A_signal_reaches_the_process_whose_number_the_file_holds(string signal)
    {
        using var waiting = Client.Start(new Dictionary<string, string>(), "env", "--default-signal", "bash", "-c", $"trap 'echo {signal}; exit 0' {signal}; echo ready; while :; do sleep 0.05; done");
        Assert.Equal("ready", await waiting.StandardOutput.ReadLineAsync());
        await File.WriteAllTextAsync(PathOf("pid"), waiting.Id.ToString(CultureInfo.InvariantCulture) + "\n");
        var options = Options("aws");
        options.FrontEnds.Files["one"] = new() { Path = PathOf("one"), Lease = "aws", OnChange = new() { Signal = signal, PidFile = PathOf("pid") } };
        await using var sidecar = await StartAsync(options);
        var ended = await Client.EndAsync(waiting);
        Assert.Equal((0, signal + "\n"), (ended.Exit, ended.Out));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("none")]
    [InlineData("99999999999")]
    [InlineData("4194304")]
    public async Task Nobody_else_is_signalled(string written)
    {
        await File.WriteAllTextAsync(PathOf("pid"), written);
        var options = Options("aws");
        options.FrontEnds.Files["one"] = new() { Path = PathOf("one"), Lease = "aws", OnChange = new() { Signal = "TERM", PidFile = PathOf("pid") } };
        await using var sidecar = await StartAsync(options);
        await UntilAsync(() => Log.ToString().Contains("file one: ", StringComparison.Ordinal));
        Assert.Matches("no process|cannot tell", Log.ToString());
        Assert.True(File.Exists(PathOf("one")));
    }

    [Fact]
    public async Task A_command_that_fails_or_is_not_there_is_told_and_changes_nothing()
    {
        var options = Options("aws");
        options.FrontEnds.Files["fails"] = new() { Path = PathOf("a"), Lease = "aws", OnChange = new() { Command = ["/bin/sh", "-c", "exit 7"] } };
        options.FrontEnds.Files["none"] = new() { Path = PathOf("b"), Lease = "aws", OnChange = new() { Command = ["/nonexistent"] } };
        await using var sidecar = await StartAsync(options);
        await UntilAsync(() => Log.ToString() is var log && log.Contains("file fails: the command ended with 7", StringComparison.Ordinal) && log.Contains("file none: cannot tell", StringComparison.Ordinal));
        Assert.True(File.Exists(PathOf("a")) && File.Exists(PathOf("b")));
    }

    private static string? Member(Sidecar.Hosting.RunningSidecar sidecar, string lease, string member) => sidecar.Leases.ByName[lease].Kept!.Credential.Member(member);
}
