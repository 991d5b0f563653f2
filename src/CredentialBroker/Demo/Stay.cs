using System.Runtime.InteropServices;

namespace CredentialBroker.Demo;

/// <summary>
/// The stage without a story: a broker, a template, and one pod that is approved, whose token is kept fresh in a file. Who
/// reads it may play the workload, until this ends.
/// </summary>
internal static class Stay
{
    private const string Pod = "7c9f2b1e-demo-pod";
    private static readonly TimeSpan Freshly = TimeSpan.FromMinutes(5);

    /// <param name="stage">With a database, or with tokens alone.</param>
    /// <param name="folder">Gets the workload's token, and a file to source.</param>
    /// <param name="to">Tells what to type.</param>
    public static async Task RunAsync(Stage stage, string folder, TextWriter to)
    {
        var template = stage.Database is { } database
            ? ("orders-read", $$"""{ postgres: { target: orders, memberOf: [{{database.Reader}}], connectionLimit: 4 } }""", "psql -c 'SELECT current_user'")
            : ("build-token", """{ signed-token: { target: internal, audience: "https://artifacts.demo" } }""", "sh -c 'cat $CREDBROKER_CREDENTIALS/build-token.json'");
        var (name, backend, command) = template;
        await stage.Operator().ApplyTemplateAsync(Script.Template(name, backend), $"{name}.yaml");
        await stage.Client().SubmitApprovalAsync("gate", stage.Gate.Approval(Script.Approval("admission-1", name, Pod, "demo-task")));

        folder = Directory.CreateDirectory(folder).FullName;
        var token = Path.Combine(folder, "workload-token");
        Write(token, stage.Cluster.PodToken("shop", "checkout", Pod));
        Write(Path.Combine(folder, "env"), $"export CREDBROKER_ADDR={stage.Address.ToString().TrimEnd('/')}\nexport CREDBROKER_TOKEN_FILE='{token}'\n");
        to.WriteLine($"\nA broker is at {stage.Address} until this is interrupted. In another terminal, be the workload:\n\n   $ . {Path.Combine(folder, "env")}\n   $ credbroker-sidecar exec --template {name} -- {command}\n");

        using var stop = new CancellationTokenSource();
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(Freshly, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Write(token, stage.Cluster.PodToken("shop", "checkout", Pod));
        }

        File.Delete(token);
        File.Delete(Path.Combine(folder, "env"));

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    private static void Write(string file, string text)
    {
        var partial = file + ".partial";
        File.Delete(partial);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(partial, options)) stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
        File.Move(partial, file, overwrite: true);
    }
}
