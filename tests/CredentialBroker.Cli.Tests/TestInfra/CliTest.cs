using System.Text;

namespace CredentialBroker.Cli.Tests.TestInfra;

/// <summary>What a command did.</summary>
internal sealed record Ran(int Code, string Out, string Error);

/// <summary>Runs real commands in this process against a stand-in that knows only the documented routes.</summary>
public abstract class CliTest : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("credbroker-test");

    internal StandIn Broker { get; private set; } = null!;

    internal Dictionary<string, string> Environment { get; } = [];

    internal string Input { get; set; } = "";

    internal int? Width { get; set; }

    internal TimeProvider Clock { get; set; } = TimeProvider.System;

    public async Task InitializeAsync()
    {
        Broker = await StandIn.StartAsync();
        Environment["CREDBROKER_ADDR"] = Broker.Address.ToString();
        Environment["CREDBROKER_TOKEN_FILE"] = Write("token", The.Token + "\n");
    }

    public async Task DisposeAsync()
    {
        await Broker.DisposeAsync();
        _folder.Delete(recursive: true);
        Assert.Empty(Broker.Breaches);
    }

    internal string PathOf(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>Writes a file that only its owner may read.</summary>
    internal string Write(string name, string text)
    {
        var path = PathOf(name);
        File.WriteAllText(path, text);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    internal async Task<Ran> RunAsync(params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var shell = new Shell(() => new MemoryStream(Encoding.UTF8.GetBytes(Input)), output, error, Environment.GetValueOrDefault, Clock, Width);
        var code = await Entry.RunAsync(args, shell);
        return new Ran(code, output.ToString(), error.ToString());
    }

    internal async Task<Ran> SucceedAsync(params string[] args)
    {
        var ran = await RunAsync(args);
        Assert.True(ran.Code == 0, $"exit {ran.Code}: {ran.Error}");
        return ran;
    }
}
