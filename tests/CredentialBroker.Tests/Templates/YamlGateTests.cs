using CredentialBroker.Backends;
using static CredentialBroker.Tests.Templates.TemplateText;

namespace CredentialBroker.Tests.Templates;

/// <summary>Text that YAML would take and a template does not.</summary>
public sealed class YamlGateTests
{
    [Theory]
    [InlineData("name: *n", "metadata.name", "anchors")]
    [InlineData("name: !!str orders-read", "metadata.name", "tags")]
    [InlineData("name: !x orders-read", "metadata.name", "tags")]
    [InlineData("name: orders-read, name: b", "metadata.name", "twice")]
    [InlineData("name: orders-read, 'name': b", "metadata.name", "twice")]
    [InlineData("name: orders-read, <<: { a: b }", "metadata.<<", "merge")]
    [InlineData("? [a] : b, name: c", "metadata", "plain text")]
    public void Surprises_of_yaml_are_refused(string with, string path, string says)
    {
        var mistakes = MistakesOf(Replacing("name: orders-read", with));
        var mistake = Assert.Single(mistakes, mistake => mistake.Message.Contains(says, StringComparison.Ordinal));
        Assert.Equal((path, 3L), (mistake.Path, mistake.Line));
    }

    [Fact]
    public void Anchors_are_refused() => Refused(Replacing("tier: standard", "tier: &n standard"), "tier", "anchors");

    [Fact]
    public void Block_text_is_refused() => Refused(Replacing("tier: standard", "tier: |\n  standard"), "tier", "block text");

    [Fact]
    public void One_file_is_one_template()
    {
        Assert.Contains("one template", MistakesOf(Good + "---\n" + Good)[0].Message, StringComparison.Ordinal);
        Assert.Contains("one mapping", MistakesOf("")[0].Message, StringComparison.Ordinal);
        Assert.Contains("one mapping", MistakesOf("just text")[0].Message, StringComparison.Ordinal);
        Assert.Contains("one mapping", MistakesOf("- a\n- b")[0].Message, StringComparison.Ordinal);
        Assert.Contains("directives", MistakesOf("%YAML 1.1\n---\n" + Good)[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Size_and_depth_are_bounded()
    {
        Compile(Good + "#" + new string('x', (64 * 1024) - Good.Length - 1));
        Assert.Contains("64 KiB", MistakesOf(Good + "#" + new string('x', (64 * 1024) - Good.Length))[0].Message, StringComparison.Ordinal);
        Assert.Contains("64 KiB", MistakesOf(Good + "#" + new string('é', 32 * 1024))[0].Message, StringComparison.Ordinal);
        Assert.Contains("levels deep", MistakesOf("a: " + new string('[', 30_000))[0].Message, StringComparison.Ordinal);
        Assert.Contains("levels deep", MistakesOf(string.Concat(Enumerable.Repeat("{a: ", 10_000)))[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unreadable_text_is_a_mistake_with_a_line()
    {
        var mistake = Assert.Single(MistakesOf("apiVersion: credentialbroker/v1\nkind: [\n"));
        Assert.True(mistake.Line > 1);
        Assert.Contains("not readable", mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_mistake_quotes_is_short_and_harmless()
    {
        var mistake = Assert.Single(MistakesOf(Good + "\"\\e[2J" + new string('x', 500) + "\": 1\n"));
        Assert.True(mistake.Path.Length < 100 && !mistake.Path.Any(char.IsControl));
    }

    [Fact]
    public void Random_damage_never_throws()
    {
        string[] pieces = ["{", "}", "[", "]", ":", "- ", "\n", "  ", "\"", "'", "&a ", "*a", "!!int ", "<<: ", "|", ">", "%", "@", "`", "---\n", "...\n", "\t", "\0", "\\U0011FFFF", "\ud800", "? ", "#", "\ufeff", "\u2028", "~", "1", "\"\\x\""];
        var random = new Random(64);
        for (var i = 0; i < 20_000; i++)
        {
            var text = Good;
            for (var damage = random.Next(1, 5); damage > 0; damage--)
            {
                var at = random.Next(text.Length);
                text = text.Remove(at, Math.Min(random.Next(4), text.Length - at)).Insert(at, pieces[random.Next(pieces.Length)]);
            }

            var mistakes = new Mistakes("t.yaml");
            var template = Compiler.Compile(text, mistakes);
            Assert.Equal(mistakes.Any, template is null);
        }
    }
}
