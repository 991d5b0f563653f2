using System.CommandLine;
using System.Runtime.CompilerServices;
using CredentialBroker.Cli.Help;
using CredentialBroker.Cli.Tests.TestInfra;

namespace CredentialBroker.Cli.Tests;

public sealed class HelpTests : CliTest
{
    private static readonly Shell Nowhere = new(() => Stream.Null, TextWriter.Null, TextWriter.Null, _ => null, TimeProvider.System, null);

    public static TheoryData<string> Commands => [.. All(CommandTree.Of(Nowhere)).Select(CommandPath.Of)];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Every_help_has_an_example_of_its_own(string path)
    {
        var ran = await SucceedAsync([.. path.Split(' ').Skip(1), "--help"]);
        Assert.Equal("", ran.Error);
        var examples = ran.Out.Split("Examples:\n")[1].Split("\n\n")[0].Split('\n');
        Assert.All(examples, example => Assert.Contains(path, example, StringComparison.Ordinal));
        Assert.Contains($"Usage:\n  {path}", ran.Out, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_argument_and_option_says_what_it_is(string path)
    {
        var command = All(CommandTree.Of(Nowhere)).Single(c => CommandPath.Of(c) == path);
        Assert.All(command.Arguments.Cast<Symbol>().Concat(command.Options).Append(command), symbol => Assert.EndsWith(".", symbol.Description!.Replace("information", ".", StringComparison.Ordinal), StringComparison.Ordinal));
        Assert.All(command.Options.Where(o => o.ValueType != typeof(bool) && o is not System.CommandLine.Help.HelpOption and not VersionOption), option => Assert.NotNull(option.HelpName));
    }

    /// <summary>Examples are typed as they stand, so they must parse; shell quoting is undone and pipes are cut.</summary>
    [Fact]
    public void Every_example_parses()
    {
        foreach (var command in CommandTree.Leaves(CommandTree.Of(Nowhere)))
        {
            foreach (var example in command.Examples)
            {
                var line = example.Split('|', '>').Select(p => p.Trim()).Single(p => p.StartsWith("credbroker ", StringComparison.Ordinal))["credbroker ".Length..];
                var parsed = CommandTree.Of(Nowhere).Parse(System.CommandLine.Parsing.CommandLineParser.SplitCommandLine(line.Replace('\'', '"')).ToList());
                Assert.True(parsed.Errors.Count == 0, $"{example}: {string.Join("; ", parsed.Errors)}");
                Assert.Equal(command.Name, parsed.CommandResult.Command.Name);
            }
        }
    }

    [Fact]
    public async Task Help_is_given_although_arguments_are_missing() => Assert.Contains("Usage:", (await SucceedAsync("lease", "revoke", "-h")).Out, StringComparison.Ordinal);

    [Fact]
    public async Task Version_is_the_builds()
    {
        var version = (await SucceedAsync("version")).Out;
        Assert.Matches("^credbroker [0-9]+\\.[0-9]+\\.[0-9]+\n$", version);
        Assert.Equal(version, (await SucceedAsync("--version")).Out);
    }

    [Fact]
    public async Task The_reference_page_is_what_the_commands_say()
    {
        var file = Path.Combine(Repository(), "docs", "reference", "cli.md");
        var page = ReferencePage.Of(CommandTree.Of(Nowhere));
        if (System.Environment.GetEnvironmentVariable("CREDBROKER_WRITE_REFERENCE") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, page);
        }

        Assert.True(File.Exists(file), "docs/reference/cli.md is missing; run the tests with CREDBROKER_WRITE_REFERENCE=1");
        Assert.Equal(page, await File.ReadAllTextAsync(file));
    }

    private static IEnumerable<Command> All(Command command) => command.Subcommands.SelectMany(All).Prepend(command);

    private static string Repository([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));
}
