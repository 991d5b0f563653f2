using System.Diagnostics;
using CredentialBroker.Cli.Tests.TestInfra;

namespace CredentialBroker.Cli.Tests;

/// <summary>The real binary, as a shell starts it.</summary>
public sealed class ProcessTests : CliTest
{
    [Fact]
    public async Task The_binary_claims_a_credential()
    {
        var ran = await StartAsync("", "lease", "claim", "orders-read");
        Assert.True(ran.Code == 0, ran.Error);
        Assert.Equal("{\n  \"username\": \"cb-lease\",\n  \"password\": \"s3cret\"\n}\n", ran.Out);
        Assert.StartsWith("lease ", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_binary_reads_stdin()
    {
        var ran = await StartAsync(The.Jws, "approval", "submit", "prod-eu", "-");
        Assert.True(ran.Code == 0, ran.Error);
        Assert.Equal(The.Jws, Broker.Only.Text);
    }

    [Fact]
    public async Task The_binary_exits_with_the_codes_of_its_refusals()
    {
        Broker.Refuse("GET /v1/freezes", The.Problem(403, "operator_forbidden"));
        Assert.Equal(3, (await StartAsync("", "freezes")).Code);
        Assert.Equal(2, (await StartAsync("", "freeze")).Code);
        Assert.Equal(4, (await StartAsync("", "freezes", "--addr", "http://127.0.0.1:9")).Code);
    }

    private async Task<Ran> StartAsync(string input, params string[] args)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "credbroker.exe" : "credbroker"), args)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in Environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return new Ran(process.ExitCode, await output, await error);
    }
}
