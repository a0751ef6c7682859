-- stopped by: instructions
::top:: goto top
