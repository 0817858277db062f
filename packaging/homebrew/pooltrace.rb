# On Linux: brew install --build-from-source --formula ./pooltrace.rb, after url and sha256 name a release's archive.
class Pooltrace < Formula
  desc "Heap profiler that tells what to change in a program"
  homepage "https://pooltrace.invalid"
  url "https://pooltrace.invalid/pooltrace-0.1.0.tar.gz"
  license "MIT"

  depends_on "uthash" => :build
  depends_on "xxhash" => :build
  depends_on "binutils"
  depends_on "cjson"
  depends_on "elfutils"
  depends_on :linux
  depends_on "util-linux"
  depends_on "zlib"

  def install
    system "make", "install", "PREFIX=#{prefix}"
  end

  test do
    system bin/"pooltrace", "record", "-o", "true.trace", "--", "true"
    assert_match "complete", shell_output("#{bin}/pooltrace report true.trace")
  end
end
